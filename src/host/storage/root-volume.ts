import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '#base/units.ts';
import { Fault } from '#model/fault.ts';
import { readMounts } from '../mount/mountinfo.ts';
import type { Programs } from '../process/programs.ts';
import { unmount } from '../sys/mounts.ts';
import { removeXattr } from '../sys/xattrs.ts';
import { blockDeviceOf } from './block-device.ts';

/**
 * A container's root disk that has a size: a file system of its own in a sparse file, seen by containers through their
 * layers. It is as large as the file; lower limits keep a part of it back, which works while it is mounted.
 */
export class RootVolume {
  readonly #file: string;
  /** Where it is mounted, in the daemon's mount namespace, while somebody needs it. */
  readonly place: string;
  readonly #programs: Programs;

  /** `root`: the folder of the root disk. */
  constructor(root: string, programs: Programs) {
    this.#file = join(root, 'volume.img');
    this.place = join(root, 'volume');
    this.#programs = programs;
  }

  get exists(): boolean {
    return existsSync(this.#file);
  }

  get isOpen(): boolean {
    return readMounts().some(({ target }) => target === this.place);
  }

  /** Makes it; `fill` puts into it what belongs there. It has its name only when all of that is done. */
  async make(sizeBytes: number, fill: (place: string) => Promise<void>): Promise<void> {
    const draft = `${this.#file}.new`;
    await this.close(); // of a try that was cut short
    await rm(draft, { force: true });
    const file = await open(draft, 'w');
    await file.truncate(sizeBytes);
    await file.close();
    await this.#run(['mke2fs', '-q', '-t', 'ext4', '-m', '0', '-E', 'nodiscard', draft], 'make a root disk');
    await this.#mount(draft);
    try {
      await fill(this.place);
    } finally {
      await this.close();
    }
    await rename(draft, this.#file);
  }

  /** Mounts it, grown to that size first where it is smaller. Open already: only limits it. */
  async open(sizeBytes: number): Promise<void> {
    if (!this.isOpen) {
      if (sizeBytes > this.#capacity) await this.#growClosed(sizeBytes);
      await this.#mount(this.#file);
    }
    await this.limit(sizeBytes);
  }

  /**
   * Bounds what it can hold, at once. Throws `insufficient` below what it holds, `unsupported` where it would have to
   * grow and this daemon may not do that to a mounted file system.
   */
  async limit(sizeBytes: number): Promise<void> {
    if (sizeBytes > this.#capacity) await this.#growOpen(sizeBytes);
    const { bsize, blocks, bfree } = await statfs(this.place);
    const usedBytes = (blocks - bfree) * bsize;
    const kept = Math.floor((this.#capacity - sizeBytes) / bsize);
    if (kept > bfree) {
      const message = `The root disk cannot be limited to ${formatBytes(sizeBytes)}: it holds ${formatBytes(usedBytes)}`;
      throw new Fault('insufficient', message, { hint: 'Delete something inside first.' });
    }
    const { name } = blockDeviceOf(this.place);
    writeFileSync(`/sys/fs/ext4/${name}/reserved_clusters`, String(kept));
  }

  /** Nothing open: succeeds. */
  async close(): Promise<void> {
    if (this.isOpen) await unmount(this.place);
  }

  get #capacity(): number {
    return statSync(this.#file).size;
  }

  async #mount(file: string): Promise<void> {
    await mkdir(this.place, { recursive: true, mode: 0o700 });
    // What is deleted inside is room in the pool again.
    await this.#run(['mount', '-t', 'ext4', '-o', 'loop,discard', file, this.place], 'mount a root disk');
  }

  async #growClosed(sizeBytes: number): Promise<void> {
    await truncate(this.#file, sizeBytes);
    // resize2fs wants to know that nothing is broken; 1: something was, and is no longer.
    await this.#run(['e2fsck', '-f', '-p', this.#file], 'check a root disk', [1]);
    await this.#run(['resize2fs', this.#file], 'grow a root disk');
  }

  async #growOpen(sizeBytes: number): Promise<void> {
    const before = this.#capacity;
    const device = `/dev/${blockDeviceOf(this.place).name}`;
    await truncate(this.#file, sizeBytes);
    try {
      await this.#run(['losetup', '--set-capacity', device], 'grow a root disk');
      await this.#run(['resize2fs', device], 'grow a root disk');
    } catch (cause) {
      await truncate(this.#file, before);
      await this.#run(['losetup', '--set-capacity', device], 'grow a root disk');
      throw new Fault('unsupported', 'The root disk cannot grow while it is in use here', {
        hint: 'The kernel lets only daemons with CAP_SYS_RESOURCE do that. Stop the instance first.',
        cause,
      });
    }
  }

  async #run(argv: readonly string[], purpose: string, okExits: readonly number[] = []): Promise<void> {
    await this.#programs.run(argv, { purpose, okExits, timeoutMs: 0 });
  }
}

/** Copies an overlay's upper layer with all that it says of the files below it. */
export async function copyUpper(programs: Programs, upper: string, copy: string): Promise<void> {
  await programs.run(['cp', '--archive', '--sparse=auto', upper, copy], {
    purpose: 'move a root disk',
    timeoutMs: 0,
  });
  await forgetOrigins(Buffer.from(copy));
}

/** It knows its lower ones by file handles, which are no use in a copy. Names may be any bytes. */
async function forgetOrigins(folder: Buffer): Promise<void> {
  await removeXattr(folder, 'trusted.overlay.origin');
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) await forgetOrigins(path);
    else await removeXattr(path, 'trusted.overlay.origin');
  }
}
