#!/usr/bin/env node
// Compiles the programs that run in the kernel into programs.gen.ts beside their sources. Needs clang 14 or newer; the
// result is committed, so that only who changes the programs needs it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programsOf } from './lib/bpf-object.mjs';
import { loadTypeScript } from './lib/load-typescript.mjs';

const host = join(dirname(fileURLToPath(import.meta.url)), '../src/host');

const file = 'programs.gen.ts';

/** The compiler by which the committed programs were made: another one makes others of the same source. */
export const compiler = 'clang-14';

/**
 * Folders, their source files, and as what the programs of each are exported.
 *
 * @type {Record<string, Record<string, string>>}
 */
export const sources = {
  'beancounters/programs': { 'sockets.bpf.c': 'socketPrograms', 'security.bpf.c': 'securityPrograms' },
  'reboots/programs': { 'reboots.bpf.c': 'rebootPrograms' },
};

/** @typedef {Parameters<typeof programsOf>[1]} Known */

/** @param {string} folder @param {Known} known @returns the text of its programs.gen.ts */
export function compilePrograms(folder, known) {
  const files = sources[folder] ?? {};
  const scratch = mkdtempSync(join(tmpdir(), 'wadah-beancounters-'));
  try {
    return [
      `// Written by scripts/beancounters.mjs from ${Object.keys(files).join(' and ')}.`,
      "import type { ProgramObject } from '../../bpf/object.ts';",
      ...Object.entries(files).flatMap(([source, name]) => [
        '',
        `export const ${name}: readonly ProgramObject[] = [`,
        ...compile(join(host, folder, source), join(scratch, 'programs.o'), known).map(
          (each) => `  ${JSON.stringify(each)},`,
        ),
        '];',
      ]),
      '',
    ].join('\n');
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** @param {string} source @param {string} object @param {Known} known */
function compile(source, object, known) {
  execFileSync(compiler, [
    ...['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Werror', '-Wno-unused-function'],
    ...[`-fdebug-prefix-map=${host}=.`, '-c', source, '-o', object],
  ]);
  return programsOf(readFileSync(object), known);
}

/** @param {string} folder @returns what is committed */
export const committedPrograms = (folder) => readFileSync(join(host, folder, file), 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = await Promise.all(['btf', 'object'].map((name) => loadTypeScript(`src/host/bpf/${name}.ts`)));
  for (const folder of Object.keys(sources)) {
    const text = compilePrograms(folder, Object.assign({}, ...known));
    writeFileSync(join(host, folder, file), text);
    console.log(`${folder}/${file} written: ${text.length} characters`);
  }
}
