import { randomUUID } from 'node:crypto';
import { access, chmod, chown, mkdir, open, readdir, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyedLock } from '#base/keyed-lock.ts';
import type { Programs } from '../process/programs.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { Fault } from '#model/fault.ts';
import { createDisk, makeBaseDisk, rootUuid } from './disks.ts';
import { makeFolder } from './make-folder.ts';
import { copyUpper } from './copy-upper.ts';
import type { Disk, Pool, RootLayers, RootLimits } from './pool.ts';
import { Reserve } from './reserve.ts';
import {
  amountsBelow,
  amountsOfDisk,
  folderAbilities,
  machineAbilities,
  type RootAmounts,
  type RootUsage,
  volumeAbilities,
} from './root-usage.ts';
import { RootVolume, type VolumeSize } from './root-volume.ts';

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
 *     roots/ID/volume.img         or these in a file system of their own, where a size was asked for
 *     roots/ID/disk               what virtual machines change
 *     builds/NAME                 images in the making
 *     trash/UUID                  what is being deleted; a crash leaves it here, `clearTrash` ends it
 *     reserve                     room for ending and deleting on a full disk
 */
export class DirPool implements Pool {
  readonly #folder: string;
  readonly #programs: Programs;
  readonly #reserve: Reserve;
  readonly #lock = new KeyedLock();

  private constructor(folder: string, programs: Programs, reserveBytes: number) {
    this.#folder = folder;
    this.#programs = programs;
    this.#reserve = new Reserve({
      path: join(folder, 'reserve'),
      sizeBytes: reserveBytes,
      programs,
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
    const { lower, upper, work } = this.rootLayers(id, fingerprint);
    if (await exists(work)) return;
    const base = await stat(lower[0] as string).catch((cause: unknown) => {
      throw noImage(fingerprint, this.#folder, cause);
    });
    for (const made of [dirname(upper), upper]) await makeFolder(made);
    // The upper layer's folder, not the lower's, is what the guest sees as its /.
    await chown(upper, base.uid, base.gid);
    await chmod(upper, base.mode & 0o7777);
    await mkdir(work, { mode: 0o700 }); // last: it says that the rest is done
  }

  async openRoot(id: string, { sizeBytes, inodes }: RootLimits): Promise<void> {
    const volume = this.#volume(id);
    if (!volume.exists && sizeBytes === undefined && inodes === undefined) return;
    const wanted = { sizeBytes: sizeBytes ?? (await this.space()).totalBytes, inodes };
    if (!volume.exists || !(await volume.isMadeFor(inodes))) await this.#moveIntoVolume(id, wanted);
    await volume.open(wanted.sizeBytes);
  }

  async limitRoot(id: string, sizeBytes: number): Promise<void> {
    await this.#volume(id).limit(sizeBytes);
  }

  async closeRoot(id: string): Promise<void> {
    await this.#volume(id).close();
  }

  async rootUsage(id: string, { isWhole }: { isWhole: boolean }): Promise<RootUsage> {
    const root = this.#rootFolder(id);
    const disk = join(root, 'disk');
    if (await exists(disk)) return { amounts: await amountsOfDisk(disk), abilities: machineAbilities };
    const volume = this.#volume(id);
    if (volume.exists) {
      return { amounts: await volume.amounts().catch(nothingIfGone), abilities: volumeAbilities };
    }
    const amounts = isWhole ? await amountsBelow(this.#programs, join(root, 'upper')) : {};
    return { amounts, abilities: folderAbilities };
  }

  rootLayers(id: string, fingerprint: string): RootLayers {
    const volume = this.#volume(id);
    const root = volume.exists ? volume.place : this.#rootFolder(id);
    return {
      lower: [join(this.imageFolder(fingerprint), 'rootfs')],
      upper: join(root, 'upper'),
      work: join(root, 'work'),
    };
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
    await mkdir(dirname(path), { recursive: true });
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
    await this.closeRoot(id);
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
   * it back again, to be called once that is done.
   */
  async borrowReserve(): Promise<() => Promise<void>> {
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
      await giveBack();
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

  /** What is there stays as it is until all of it is in the new volume, and the volume has its name only then. */
  async #moveIntoVolume(id: string, size: VolumeSize): Promise<void> {
    const root = this.#rootFolder(id);
    const volume = this.#volume(id);
    const isVolume = volume.exists;
    const upper = join(isVolume ? volume.place : root, 'upper');
    if (isVolume) await volume.mount();
    await this.#requireInodes(upper, size);
    await volume.make(size, async (place) => {
      await copyUpper(this.#programs, upper, join(place, 'upper'));
      await mkdir(join(place, 'work'), { mode: 0o700 });
    });
    if (!isVolume) for (const part of ['upper', 'work']) await this.#discard(join(root, part));
  }

  async #requireInodes(upper: string, { inodes: wanted }: VolumeSize): Promise<void> {
    if (wanted === undefined) return;
    const held = (await amountsBelow(this.#programs, upper)).inodes?.held ?? 0;
    if (held <= wanted) return;
    const message = `The root disk cannot be limited to ${wanted} inodes: it holds ${held}`;
    throw new Fault('insufficient', message, { hint: 'Choose a higher size.inodes, or unset it.' });
  }

  #volume(id: string): RootVolume {
    return new RootVolume(this.#rootFolder(id), this.#programs);
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

/** Of a disk that is deleted at this moment. */
function nothingIfGone(error: unknown): RootAmounts {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
  return {};
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
