import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, chmod, mkdir, open, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyedLock } from '#base/keyed-lock.ts';
import type { Programs } from '../process/programs.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { Fault } from '#model/fault.ts';
import { createDisk, makeBaseDisk, rootUuid } from './disks.ts';
import { ContainerRoot } from './container-root.ts';
import { makeFolder } from './make-folder.ts';
import type { Disk, Pool, RootLayers, RootLimits } from './pool.ts';
import { ProjectQuotas } from './project-quotas.ts';
import { Reserve } from './reserve.ts';
import { amountsOfDisk, machineAbilities, type RootUsage } from './root-usage.ts';

const idRule = /^[0-9a-f]{8}$/;
const fingerprintRule = /^[0-9a-f]{64}$/;
const buildRule = /^[a-z0-9][a-z0-9-]{0,62}$/;

const baseDiskName = 'disk';

const defaultReserveBytes = 16 * 1024 * 1024;

/**
 * A pool in a plain directory of any file system that overlayfs can stand on:
 *
 *     images/FINGERPRINT/rootfs   trees of images, never changed (kernel, initrd, modules/ beside them)
 *     images/FINGERPRINT/disk     the same as a disk, once a virtual machine needed it
 *     roots/ID/{upper,work}       what containers change
 *     roots/ID/volume.img         or these in a file system of their own, for limits where there are no quotas
 *     roots/ID/disk               what virtual machines change
 *     builds/NAME                 images in the making
 *     trash/UUID                  what is being deleted; a crash leaves it here, `clearTrash` ends it
 *     reserve                     room for ending and deleting on a full disk
 */
export class DirPool implements Pool {
  readonly #folder: string;
  readonly #programs: Programs;
  readonly #reserve: Reserve;
  readonly #quotas: ProjectQuotas | undefined;
  readonly #lock = new KeyedLock();

  private constructor(folder: string, programs: Programs, reserveBytes: number) {
    this.#folder = folder;
    this.#programs = programs;
    this.#quotas = ProjectQuotas.open(folder);
    this.#reserve = new Reserve({
      path: join(folder, 'reserve'),
      sizeBytes: reserveBytes,
      freeBytes: async () => (await this.space()).freeBytes,
    });
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
    await sync(dirname(target));
  }

  async removeImage(fingerprint: string): Promise<void> {
    await this.#discard(this.imageFolder(fingerprint));
  }

  imageFolder(fingerprint: string): string {
    return this.#path('images', fingerprint, fingerprintRule);
  }

  async makeRoot(id: string, fingerprint: string): Promise<void> {
    const { lower } = this.rootLayers(id, fingerprint);
    const base = await stat(lower[0] as string).catch((cause: unknown) => {
      throw noImage(fingerprint, this.#folder, cause);
    });
    await this.#root(id).make(base);
  }

  async openRoot(id: string, limits: RootLimits): Promise<void> {
    await this.#root(id).open(limits);
  }

  isRootLimitedLive(id: string): boolean {
    return this.#root(id).isLimitedLive;
  }

  async limitRoot(id: string, limits: RootLimits): Promise<void> {
    await this.#root(id).limit(limits);
  }

  async closeRoot(id: string): Promise<void> {
    await this.#root(id).close();
  }

  async rootUsage(id: string, how: { isWhole: boolean }): Promise<RootUsage> {
    const disk = join(this.#rootFolder(id), 'disk');
    if (existsSync(disk)) return { amounts: await amountsOfDisk(disk), abilities: machineAbilities };
    return this.#root(id).usage(how);
  }

  rootLayers(id: string, fingerprint: string): RootLayers {
    return { lower: [join(this.imageFolder(fingerprint), 'rootfs')], ...this.#root(id).layers };
  }

  async makeBaseDisk(fingerprint: string, signal: AbortSignal): Promise<void> {
    await this.#lock.run(fingerprint, async () => {
      const folder = this.imageFolder(fingerprint);
      const target = join(folder, baseDiskName);
      if (await exists(target)) return;
      if (!(await exists(folder))) throw noImage(fingerprint, this.#folder);
      const scratch = await this.makeBuildFolder(`disk-${fingerprint.slice(0, 16)}`);
      const file = join(scratch, baseDiskName);
      try {
        await makeBaseDisk(this.#programs, { folder, file, fingerprint }, signal);
        await sync(file);
        await rename(file, target);
        await sync(folder);
      } finally {
        await this.#discard(scratch);
      }
    });
  }

  async makeDisk(id: string, fingerprint: string, sizeBytes: number): Promise<void> {
    const { path, base } = this.disk(id, fingerprint);
    if (await exists(path)) return;
    if (!(await exists(base))) throw noImage(fingerprint, this.#folder);
    await makeFolder(dirname(path));
    const draft = `${path}.new`;
    await createDisk(this.#programs, { file: draft, base, sizeBytes });
    await rename(draft, path);
  }

  disk(id: string, fingerprint: string): Disk {
    return {
      path: join(this.#rootFolder(id), 'disk'),
      base: join(this.imageFolder(fingerprint), baseDiskName),
      uuid: rootUuid(fingerprint),
    };
  }

  async removeRoot(id: string): Promise<void> {
    await this.#root(id).release();
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

  /**
   * On a full disk, gives up the room that is kept back, for what ends or deletes something. Resolves to what keeps
   * it back again, to be called once that is done; `undefined`: the disk has room.
   */
  async borrowReserve(): Promise<(() => Promise<void>) | undefined> {
    return this.#reserve.borrow();
  }

  /** Gives a tree another name, from which nothing starts any more, and deletes it. Nothing there: succeeds. */
  async #discard(path: string): Promise<void> {
    const doomed = join(this.#folder, 'trash', randomUUID());
    const giveBack = await this.#reserve.borrow();
    try {
      await rename(path, doomed);
      await this.#delete(doomed);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    } finally {
      await giveBack?.();
    }
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

  #root(id: string): ContainerRoot {
    return new ContainerRoot(id, this.#rootFolder(id), {
      programs: this.#programs,
      quotas: this.#quotas,
      discard: (path) => this.#discard(path),
      poolBytes: async () => (await this.space()).totalBytes,
    });
  }

  #rootFolder(id: string): string {
    return this.#path('roots', id, idRule);
  }

  #path(part: string, name: string, rule: RegExp): string {
    if (!rule.test(name)) throw new Fault('invalid', `"${name}" cannot be a name in ${part} of a pool`);
    return join(this.#folder, part, name);
  }
}

function noImage(fingerprint: string, folder: string, cause?: unknown): Fault {
  return new Fault('not-found', `Image ${fingerprint} is not in ${folder}`, { cause });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
