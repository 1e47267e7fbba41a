#!/usr/bin/env node
// Compiles the programs in src/host/beancounters/programs into programs.gen.ts beside them. Needs clang 14 or newer;
// the result is committed, so that only who changes the programs needs it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programsOf } from './lib/bpf-object.mjs';
import { loadTypeScript } from './lib/load-typescript.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../src/host/beancounters/programs');
const file = join(folder, 'programs.gen.ts');

/** The compiler by which the committed programs were made: another one makes others of the same source. */
export const compiler = 'clang-14';

/** Source files, and as what their programs are exported. */
const sources = { 'sockets.bpf.c': 'socketPrograms', 'security.bpf.c': 'securityPrograms' };

/** @typedef {Parameters<typeof programsOf>[1]} Known */

/** @param {Known} known @returns the text of programs.gen.ts */
export function compilePrograms(known) {
  const scratch = mkdtempSync(join(tmpdir(), 'wadah-beancounters-'));
  try {
    return [
      `// Written by scripts/beancounters.mjs from ${Object.keys(sources).join(' and ')}.`,
      "import type { ProgramObject } from '../../bpf/object.ts';",
      ...Object.entries(sources).flatMap(([source, name]) => [
        '',
        `export const ${name}: readonly ProgramObject[] = [`,
        ...compile(source, join(scratch, 'programs.o'), known).map((each) => `  ${JSON.stringify(each)},`),
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
    ...[`-fdebug-prefix-map=${folder}=.`, '-c', join(folder, source), '-o', object],
  ]);
  return programsOf(readFileSync(object), known);
}

/** @returns what is committed */
export const committedPrograms = () => readFileSync(file, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = await Promise.all(['btf', 'object'].map((name) => loadTypeScript(`src/host/bpf/${name}.ts`)));
  const text = compilePrograms(Object.assign({}, ...known));
  writeFileSync(file, text);
  console.log(`programs.gen.ts written: ${text.length} characters`);
}
