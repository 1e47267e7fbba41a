#!/usr/bin/env node
// Bundles the programs into dist/. Does nothing when no input changed since the last time.
import { build, version } from 'esbuild';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { common, programs } from './lib/programs.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const recordFile = join(root, 'dist/inputs.json');

/** What the outputs depend on besides the bundled files. */
async function fixedInputs() {
  const files = [
    'scripts/build.mjs',
    'scripts/lib/programs.mjs',
    'package.json',
    'tsconfig.json',
    'node_modules/.package-lock.json',
  ];
  return [`esbuild ${version}`, ...(await Promise.all(files.map(stamp)))];
}

/** @param {string} file relative to the checkout */
async function stamp(file) {
  const found = await stat(join(root, file)).catch(() => undefined);
  return `${file} ${found?.mtimeMs} ${found?.size}`;
}

async function isUpToDate() {
  const text = await readFile(recordFile, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const { fixed, bundled } = JSON.parse(text);
  const now = [...(await fixedInputs()), ...(await Promise.all(Object.keys(bundled).map(stamp)))];
  return now.join('\n') === [...fixed, ...Object.values(bundled)].join('\n');
}

/**
 * Bundles one program and puts it in its place whole, since another process may be starting it right now.
 *
 * @param {typeof programs[number]} program
 * @returns the files that went into it
 */
async function bundle(program) {
  const result = await build({ ...common, ...program });
  const inputs = Object.keys(result.metafile?.inputs ?? {});
  forbid(program, inputs);
  for (const file of result.outputFiles ?? []) {
    const draft = `${file.path}.${process.pid}`;
    await writeFile(draft, file.contents);
    await rename(draft, file.path);
  }
  return inputs;
}

/**
 * The command line must start in milliseconds: schemas are the daemon's.
 *
 * @param {typeof programs[number]} program
 * @param {string[]} inputs
 */
function forbid(program, inputs) {
  const schemas = inputs.find((file) => file.startsWith('node_modules/typebox/'));
  if (program.format === 'cjs' && schemas !== undefined) {
    throw new Error(`${program.outfile} must not contain TypeBox (${schemas}): import schemas as types only`);
  }
}

const begin = performance.now();
if (await isUpToDate()) {
  console.log('dist/ is up to date');
} else {
  await mkdir(join(root, 'dist'), { recursive: true });
  const fixed = await fixedInputs();
  const results = await Promise.allSettled(programs.map(bundle));
  for (const result of results) if (result.status === 'rejected') tell(result.reason);
  const inputs = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (process.exitCode === undefined) await record(fixed, inputs);
}

/** @param {unknown} reason esbuild has shown its own complaints already */
function tell(reason) {
  if (!(reason instanceof Error && 'errors' in reason)) console.error(reason);
  process.exitCode = 1;
}

/** @param {string[]} fixed @param {string[]} inputs */
async function record(fixed, inputs) {
  const bundled = await Promise.all([...new Set(inputs)].map(async (file) => [file, await stamp(file)]));
  await writeFile(recordFile, JSON.stringify({ fixed, bundled: Object.fromEntries(bundled) }));
  const names = programs.map(({ outfile }) => outfile).join(', ');
  console.log(`Built ${names} in ${Math.round(performance.now() - begin)} ms`);
}
