import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm, statfs, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '#base/units.ts';
import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { unmount } from '../sys/mounts.ts';
import { blockDeviceOf } from './block-device.ts';
import { holdsMore } from './faults.ts';
import type { RootAmounts } from './root-usage.ts';
import { readSuperBlock } from './super-block.ts';

/** What the file system needs for itself: ext4's own, and the folders that layers lie in. */
const ownInodes = 16;

export interface VolumeSize {
  sizeBytes: number;
  /** How many files and folders it may hold; `undefined`: as many as is usual for its size. */
  inodes: number | undefined;
}

/**
 * A container's root disk that has a size: a file system of its own in a sparse file, seen by containers through their
 * layers. It is as large as the file; lower limits keep a part of it back, which works while it is mounted. How many
 * inodes it has is decided when it is made, and noted in its label.
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
    return isMounted(this.place);
  }

  /**
   * Makes it, in place of one that is there; `fill` puts into it what belongs there. It has its name only when all of
   * that is done.
   */
  async make(size: VolumeSize, fill: (place: string) => Promise<void>): Promise<void> {
    const [draft, place] = [`${this.#file}.new`, `${this.place}.new`];
    await closeAt(place); // of a try that was cut short
    try {
      await this.#format(draft, size);
      await this.#mount(draft, place);
      try {
        await fill(place);
      } finally {
        await closeAt(place);
      }
    } catch (error) {
      await rm(draft, { force: true }); // on a full disk its room is needed
      throw error;
    }
    await this.close();
    await rename(draft, this.#file);
  }

  async #format(draft: string, { sizeBytes, inodes }: VolumeSize): Promise<void> {
    await rm(draft, { force: true });
    const file = await open(draft, 'w');
    await file.truncate(sizeBytes);
    await file.close();
    // Blocks of this size hold whole tables of inodes for each group, so that none of those asked for is rounded off.
    const counted = inodes === undefined ? [] : ['-b', '4096', '-N', inodes + ownInodes, '-L', inodes];
    const kind = ['-t', 'ext4', '-m', '0', '-E', 'nodiscard', ...counted.map(String)];
    await this.#run(['mke2fs', '-q', ...kind, draft], 'make a root disk');
  }

  /** Whether it was made for that many inodes. It has more of them after it has grown. */
  async isMadeFor(inodes: number | undefined): Promise<boolean> {
    const { label, inodes: has, groups } = await readSuperBlock(this.#file);
    if (inodes === undefined) return label === '';
    return label === String(inodes) && has - inodes <= ownInodes * (groups + 1);
  }

  /** Mounts it as it is. Open already: succeeds. */
  async mount(): Promise<void> {
    if (!this.isOpen) await this.#mount(this.#file, this.place);
  }

  /** Mounts it, grown to that size first where it is smaller. Open already: only limits it. */
  async open(sizeBytes: number): Promise<void> {
    if (!this.isOpen && sizeBytes > this.#capacity) await this.#growClosed(sizeBytes);
    await this.mount();
    await this.limit(sizeBytes);
  }

  /**
   * Bounds what it can hold, at once. Throws `insufficient` below what it holds, `unsupported` where it would have to
   * grow and this daemon may not do that to a mounted file system.
   */
  async limit(sizeBytes: number): Promise<void> {
    if (sizeBytes > this.#capacity) await this.#growOpen(sizeBytes);
    const { bsize, bfree } = await statfs(this.place);
    const kept = Math.floor((this.#capacity - sizeBytes) / bsize);
    if (kept > bfree) {
      throw holdsMore(formatBytes(sizeBytes), formatBytes(this.#capacity - bfree * bsize));
    }
    writeFileSync(this.#keptFile(), String(kept));
  }

  /** Its own tables among what it holds, so that it is full at the limit. A closed one is not limited. */
  async amounts(): Promise<RootAmounts> {
    if (!this.isOpen) {
      const { blocks, freeBlocks, blockBytes, inodes, freeInodes } = await readSuperBlock(this.#file);
      return {
        disk: { held: (blocks - freeBlocks) * blockBytes },
        inodes: { held: inodes - freeInodes, limit: inodes },
      };
    }
    const { bsize, bfree, files, ffree } = await statfs(this.place);
    const kept = Number(readFileSync(this.#keptFile(), 'utf8'));
    if (!this.isOpen) return {}; // it was closed meanwhile, and that was the pool's file system
    const capacity = this.#capacity;
    return {
      disk: { held: capacity - bfree * bsize, limit: capacity - kept * bsize },
      inodes: { held: files - ffree, limit: files },
    };
  }

  /** Nothing open: succeeds. */
  async close(): Promise<void> {
    await closeAt(`${this.place}.new`);
    await closeAt(this.place);
  }

  get #capacity(): number {
    return statSync(this.#file).size;
  }

  /** How many of its blocks nobody may use. */
  #keptFile(): string {
    return `/sys/fs/ext4/${blockDeviceOf(this.place).name}/reserved_clusters`;
  }

  async #mount(file: string, place: string): Promise<void> {
    await mkdir(place, { recursive: true, mode: 0o700 });
    // What is deleted inside is room in the pool again.
    await this.#run(['mount', '-t', 'ext4', '-o', 'loop,discard', file, place], 'mount a root disk');
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

/** A file system of its own is on another device than the folder that it is in. */
function isMounted(place: string): boolean {
  const found = statSync(place, { throwIfNoEntry: false });
  return found !== undefined && found.dev !== statSync(join(place, '..')).dev;
}

async function closeAt(place: string): Promise<void> {
  if (isMounted(place)) await unmount(place);
}
