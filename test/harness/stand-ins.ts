import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { findProgram } from '#host/process/find-program.ts';
import type { TestHost } from './host.ts';

/** What a program does instead of its work. */
export type Misbehaviour = 'is killed' | 'hangs' | { says: string; status: number };

/**
 * Puts programs that misbehave over real ones, in the mount namespace of one daemon: nobody else sees them. They are
 * there whether the daemon runs or not.
 */
export class StandIns {
  readonly #host: TestHost;
  readonly #folder: string;
  #covered: string[] = [];

  private constructor(host: TestHost, folder: string) {
    this.#host = host;
    this.#folder = folder;
  }

  static async open(host: TestHost): Promise<StandIns> {
    return new StandIns(host, await mkdtemp('/var/tmp/wadah-stand-in-'));
  }

  async replace(program: string, misbehaviour: Misbehaviour): Promise<void> {
    const script = path.join(this.#folder, program);
    await writeFile(script, scriptOf(program, misbehaviour));
    await chmod(script, 0o755);
    const real = await realpath(findProgram(program));
    // QEMU is started in a cage that has the host's programs mounted once more.
    const caged = path.join('/run/wadah', this.#host.mark, 'cage', real);
    if ((await this.#inside(['test', '-e', caged])) === 0) await this.#cover(caged, script);
    await this.#cover(real, script); // at last: it may be the one that covers
  }

  /** All programs are what they were. */
  async restore(): Promise<void> {
    for (const place of this.#covered.toReversed()) {
      const status = await this.#inside(['umount', '--lazy', place]);
      // A daemon that starts makes the cage anew, and what was mounted in the old one is gone.
      if (!place.includes('/cage/')) assert.equal(status, 0, place);
    }
    this.#covered = [];
  }

  async close(): Promise<void> {
    await this.restore();
    await rm(this.#folder, { recursive: true });
  }

  async #cover(place: string, script: string): Promise<void> {
    assert.equal(await this.#inside(['mount', '--bind', script, place]), 0);
    this.#covered.push(place);
  }

  async #inside(argv: readonly string[]): Promise<number | undefined> {
    const key = createHash('sha256').update(this.#host.directory).digest('hex').slice(0, 16);
    const enter = [`--mount=/run/wadah/namespaces/${key}/mnt`];
    return (await execa('nsenter', [...enter, ...argv], { reject: false })).exitCode;
  }
}

function scriptOf(program: string, misbehaviour: Misbehaviour): string {
  if (misbehaviour === 'is killed') return '#!/bin/sh\nkill -KILL $$\n';
  // Its name stays in the list of processes, and no child of it would outlive it.
  if (misbehaviour === 'hangs') return '#!/bin/sh\nexec sleep infinity\n';
  return `#!/bin/sh\necho '${program}: ${misbehaviour.says}' >&2\nexit ${misbehaviour.status}\n`;
}
