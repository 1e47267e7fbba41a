import { mkdirSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { processesBelow } from './files.ts';

const removeStepMs = 10;

/** Making one never waits for a disk, and the way through the thread pool is longer than the work. */
const kernelCalls: FolderCalls = { mkdir: async (folder) => mkdirSync(folder), rmdir };

/** Makes and removes groups. Tests give calls that play the kernel, which fills a new folder with files. */
export class GroupFolders {
  readonly #calls: FolderCalls;
  readonly #removeTries: number;

  constructor(calls: FolderCalls = kernelCalls, removeTries = 100) {
    this.#calls = calls;
    this.#removeTries = removeTries;
  }

  /** There already: changes nothing. */
  async make(folder: string): Promise<void> {
    await this.#calls.mkdir(folder).catch(ignore('EEXIST'));
  }

  /** Takes a group away with those below it, the deepest first. Not there: succeeds. Throws `busy`. */
  async remove(folder: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#removeOnce(folder);
      } catch (error) {
        // A process that was just killed keeps its v1 groups for a moment after its v2 leaf reports empty.
        if (systemErrorCode(error) !== 'EBUSY') throw error;
        if (attempt === this.#removeTries) throw await stillUsed(folder, error);
        await sleep(removeStepMs);
      }
    }
  }

  async #removeOnce(folder: string): Promise<void> {
    const entries = (await readdir(folder, { withFileTypes: true }).catch(ignore('ENOENT'))) ?? [];
    for (const entry of entries) if (entry.isDirectory()) await this.#removeOnce(join(folder, entry.name));
    await this.#calls.rmdir(folder).catch(ignore('ENOENT'));
  }
}

export interface FolderCalls {
  mkdir(folder: string): Promise<unknown>;
  rmdir(folder: string): Promise<unknown>;
}

const ignore =
  (code: string) =>
  (error: unknown): undefined => {
    if (systemErrorCode(error) !== code) throw error;
  };

async function stillUsed(folder: string, cause: unknown): Promise<Fault> {
  const pids = (await processesBelow(folder)).slice(0, 5).join(', ');
  return new Fault('busy', `Cannot remove the cgroup ${folder}: processes are left in it (${pids})`, {
    cause,
  });
}
