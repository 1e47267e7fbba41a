import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { makePipe, spawnProcess } from '../sys/spawn.ts';
import { exitOf } from './children.ts';
import { findProgram } from './find-program.ts';
import type { ProgramStreams, SpawnedProgram, SpawnOptions } from './programs.ts';

/**
 * Starts a program in a session of its own, born in the cgroup v2 folder `leaf` if one is given.
 * Throws `unsupported` when it is not installed, `host` when it cannot be executed.
 */
export function startProgram(argv: readonly string[], options: SpawnOptions = {}): SpawnedProgram {
  const [name = '', ...args] = argv;
  const file = findProgram(name);
  const { stdio = ['ignore', 'ignore', 'ignore'], leaf } = options;
  const ends = stdio.map((kind, index) => connect(kind, index));
  try {
    const pid = spawnProcess({
      ...(leaf === undefined ? { file, argv } : throughLeaf(leaf, [file, ...args])),
      environment: environment(options.env),
      cwd: options.cwd,
      descriptors: ends.map((end) => end.theirs),
    });
    return { pid, exited: exitOf(pid), child: asStreams(ends.map((end) => openOurs(end))) };
  } catch (error) {
    for (const { ours } of ends) if (ours !== undefined) closeSync(ours);
    throw error;
  } finally {
    for (const { ours, theirs } of ends) if (ours !== undefined && theirs !== 'null') closeSync(theirs);
  }
}

/** A shell enters the leaf before it becomes the program: no child of it is ever born elsewhere. */
function throughLeaf(leaf: string, argv: readonly string[]): { file: string; argv: string[] } {
  const script = 'echo 0 > "$0/cgroup.procs" && exec "$@"';
  return { file: '/bin/sh', argv: ['sh', '-c', script, leaf, ...argv] };
}

/** The daemon's own, in English, and without what only slows down Node. */
function environment(own: Record<string, string> = {}): string[] {
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  return Object.entries({ ...inherited, LC_ALL: 'C.UTF-8', ...own }).map(([key, value]) => `${key}=${value}`);
}

interface End {
  theirs: number | 'null';
  /** Our end of a pipe. */
  ours?: number;
  isInput?: boolean;
}

function connect(kind: 'ignore' | 'pipe' | number, index: number): End {
  if (kind === 'ignore') return { theirs: 'null' };
  if (typeof kind === 'number') return { theirs: kind };
  const { read, write } = makePipe();
  return index === 0 ? { theirs: read, ours: write, isInput: true } : { theirs: write, ours: read };
}

function openOurs({ ours, isInput = false }: End): Socket | null {
  if (ours === undefined) return null;
  return new Socket({ fd: ours, readable: !isInput, writable: isInput });
}

const asStreams = (stdio: (Socket | null)[]): ProgramStreams => ({
  stdin: stdio[0] ?? null,
  stdout: stdio[1] ?? null,
  stderr: stdio[2] ?? null,
  stdio,
});
