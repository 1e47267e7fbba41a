import { randomBytes } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#base/wait.ts';
import { systemErrorCode } from '#host/sys/libc.ts';

const mostTries = 5;

/**
 * A v2 group for each program that is started inside from outside: cancelling it leaves no process of it. They lie
 * in the guest's own part of the tree, or else its systemd could not move a login into a session.
 */
export class ExecLeaves {
  readonly #payload: string;
  /** Of programs that have ended but left services running. */
  readonly #left = new Set<string>();

  constructor(payload: string) {
    this.#payload = payload;
  }

  async make(): Promise<string> {
    for (const leaf of this.#left) await this.drop(leaf);
    const leaf = join(this.#payload, `exec.${randomBytes(4).toString('hex')}`);
    await mkdir(leaf);
    return leaf;
  }

  /** Takes it away when nothing is left in it, or else later. */
  async drop(leaf: string): Promise<void> {
    for (let attempt = 1; attempt <= mostTries; attempt += 1) {
      if (await isRemoved(leaf)) return void this.#left.delete(leaf);
      await sleep(1); // the dead leave their group a moment after their parent knows
    }
    this.#left.add(leaf);
  }
}

async function isRemoved(leaf: string): Promise<boolean> {
  try {
    await rmdir(leaf);
  } catch (error) {
    if (systemErrorCode(error) === 'EBUSY') return false;
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  return true;
}
