import { randomUUID } from 'node:crypto';
import { access, chmod, chown, mkdir, open, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Programs } from '../process/programs.ts';
import { Fault } from '#model/fault.ts';
import type { Pool, RootLayers } from './pool.ts';
import { Reserve } from './reserve.ts';

const idRule = /^[0-9a-f]{8}$/;
const fingerprintRule = /^[0-9a-f]{64}$/;
const buildRule = /^[a-z0-9][a-z0-9-]{0,62}$/;

const defaultReserveBytes = 16 * 1024 * 1024;

/**
 * A pool in a plain directory of any file system that overlayfs can stand on:
 *
 *     images/FINGERPRINT/rootfs   trees of images, never changed (kernel, modules/ beside them)
 *     roots/ID/{upper,work}       what instances change
 *     builds/NAME                 images in the making
 *     trash/UUID                  what is being deleted; a crash leaves it here, `clearTrash` ends it
 *     reserve                     room for deleting on a full disk
 */
export class DirPool implements Pool {
  readonly #folder: string;
  readonly #programs: Programs;
  readonly #reserve: Reserve;

  private constructor(folder: string, programs: Programs, reserveBytes: number) {
    this.#folder = folder;
    this.#programs = programs;
    const free = async () => (await this.space()).freeBytes;
    this.#reserve = new Reserve(join(folder, 'reserve'), reserveBytes, programs, free);
  }

  /** Makes the folder and what belongs into it, or finds it there. */
  static async open(
    folder: string,
    programs: Programs,
    options: { reserveBytes?: number } = {},
  ): Promise<DirPool> {
    for (const part of ['images', 'roots', 'builds', 'trash']) {
      await mkdir(join(folder, part), { recursive: true });
    }
    // Trees hold set-user-id programs and device numbers of guests: nobody but root may come near.
    await chmod(folder, 0o700);
    const pool = new DirPool(folder, programs, options.reserveBytes ?? defaultReserveBytes);
    await pool.#reserve.take();
    return pool;
  }

  async makeBuildFolder(name: string): Promise<string> {
    const folder = this.#buildFolder(name);
    await this.#discard(folder);
    await mkdir(folder);
    return folder;
  }

  async removeBuildFolder(name: string): Promise<void> {
    await this.#discard(this.#buildFolder(name));
  }

  async publishImage(buildFolder: string, fingerprint: string): Promise<void> {
    const target = this.imageFolder(fingerprint);
    if (await exists(target)) return this.#discard(buildFolder);
    // Packages are unpacked without fsync; this makes the whole file system durable before the name appears.
    await this.#programs.run(['sync', '--file-system', buildFolder], {
      timeoutMs: 0,
      purpose: `write image ${fingerprint} to the disk`,
    });
    await rename(buildFolder, target);
    await syncFolder(dirname(target));
  }

  async removeImage(fingerprint: string): Promise<void> {
    await this.#discard(this.imageFolder(fingerprint));
  }

  imageFolder(fingerprint: string): string {
    return this.#path('images', fingerprint, fingerprintRule);
  }

  async makeRoot(id: string, fingerprint: string): Promise<void> {
    const { lower, upper, work } = this.rootLayers(id, fingerprint);
    if (await exists(work)) return;
    const base = await stat(lower[0] as string).catch((cause: unknown) => {
      throw new Fault('not-found', `Image ${fingerprint} has no tree in ${this.#folder}`, { cause });
    });
    await mkdir(upper, { recursive: true });
    // The upper layer's folder, not the lower's, is what the guest sees as its /.
    await chown(upper, base.uid, base.gid);
    await chmod(upper, base.mode & 0o7777);
    await mkdir(work, { mode: 0o700 }); // last: it says that the rest is done
  }

  rootLayers(id: string, fingerprint: string): RootLayers {
    const root = this.#rootFolder(id);
    return {
      lower: [join(this.imageFolder(fingerprint), 'rootfs')],
      upper: join(root, 'upper'),
      work: join(root, 'work'),
    };
  }

  async removeRoot(id: string): Promise<void> {
    await this.#discard(this.#rootFolder(id));
  }

  async contents(): Promise<{ roots: string[]; images: string[]; builds: string[] }> {
    const names = async (part: string, rule: RegExp) =>
      (await readdir(join(this.#folder, part))).filter((name) => rule.test(name)).sort();
    return {
      roots: await names('roots', idRule),
      images: await names('images', fingerprintRule),
      builds: await names('builds', buildRule),
    };
  }

  async space(): Promise<{ totalBytes: number; freeBytes: number }> {
    const { bsize, blocks, bavail } = await statfs(this.#folder);
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  }

  async clearTrash(): Promise<void> {
    const trash = join(this.#folder, 'trash');
    for (const name of await readdir(trash)) await this.#delete(join(trash, name));
  }

  async makeRoomToDelete(): Promise<void> {
    await this.#reserve.giveWhenFull();
  }

  /** Gives a tree another name, from which nothing starts any more, and deletes it. Nothing there: succeeds. */
  async #discard(path: string): Promise<void> {
    const doomed = join(this.#folder, 'trash', randomUUID());
    try {
      await rename(path, doomed);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return;
      if (!isSystemError(error, 'ENOSPC')) throw error;
      await this.#reserve.give();
      await rename(path, doomed);
    }
    await this.#delete(doomed);
    await this.#reserve.take();
  }

  /**
   * By rm(1), because guests make names that are no UTF-8 and paths longer than PATH_MAX, which Node cannot
   * delete. rm opens folder by folder, follows no link and, so told, leaves a file system alone that is still mounted.
   */
  async #delete(path: string): Promise<void> {
    await this.#programs.run(['rm', '--recursive', '--force', '--one-file-system', '--', path], {
      timeoutMs: 0,
      purpose: `delete ${path}`,
    });
  }

  #buildFolder(name: string): string {
    return this.#path('builds', name, buildRule);
  }

  #rootFolder(id: string): string {
    return this.#path('roots', id, idRule);
  }

  #path(part: string, name: string, rule: RegExp): string {
    if (!rule.test(name)) throw new Fault('invalid', `"${name}" cannot be a name in ${part} of a pool`);
    return join(this.#folder, part, name);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
