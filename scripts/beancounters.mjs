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

/** @param {Parameters<typeof programsOf>[1]} known @returns the text of programs.gen.ts */
export function compilePrograms(known) {
  const scratch = mkdtempSync(join(tmpdir(), 'wadah-beancounters-'));
  const object = join(scratch, 'programs.o');
  try {
    execFileSync(compiler, [
      ...['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-Wall', '-Werror', '-Wno-unused-function'],
      ...[`-fdebug-prefix-map=${folder}=.`, '-c', join(folder, 'beancounters.bpf.c'), '-o', object],
    ]);
    const programs = programsOf(readFileSync(object), known);
    return [
      '// Written by scripts/beancounters.mjs from beancounters.bpf.c.',
      "import type { ProgramObject } from '../../bpf/object.ts';",
      '',
      'export const programs: readonly ProgramObject[] = [',
      ...programs.map((program) => `  ${JSON.stringify(program)},`),
      '];',
      '',
    ].join('\n');
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** @returns what is committed */
export const committedPrograms = () => readFileSync(file, 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = await Promise.all(['btf', 'object'].map((name) => loadTypeScript(`src/host/bpf/${name}.ts`)));
  const text = compilePrograms(Object.assign({}, ...known));
  writeFileSync(file, text);
  console.log(`programs.gen.ts written: ${text.length} characters`);
}
