import { execFileSync } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Engine } from '#engine/engine.ts';
import type { InstanceId } from '#model/instance.ts';
import { execRequest } from '#engine/test-exec.ts';
import { never } from './guest-program.ts';

const perl = '/usr/bin/perl'; // every Debian has it, without its modules

/** Puts the host's perl into a tree, with what it is linked to: a guest's program that calls the kernel as it likes. */
export async function addPerl(root: string): Promise<void> {
  const libraries = execFileSync('ldd', [perl], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const file of [perl, ...libraries]) {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true });
    await cp(file, path.join(root, file), { dereference: true });
  }
}

export interface HeldProgram {
  /** What it has printed before it began to wait. */
  said: string;
  /** Lets it go on to its end. */
  release(): Promise<void>;
}

/** Runs a perl script inside that keeps what it has made until it is released. */
export async function holding(engine: Engine, id: InstanceId, script: string): Promise<HeldProgram> {
  const whole = `$| = 1; ${script}; print "\\nREADY\\n"; <STDIN>`;
  const session = await engine.exec(id, execRequest([perl, '-e', whole]), never);
  const errors: Buffer[] = [];
  session.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  const said: string[] = [];
  for await (const line of createInterface({ input: session.stdout })) {
    if (line === 'READY') {
      return {
        said: said.join('\n').trim(),
        async release() {
          session.stdin.end();
          await session.exited;
        },
      };
    }
    said.push(line);
  }
  throw new Error(`It ended before it was ready: ${Buffer.concat(errors).toString()}`);
}
