import { closeSync, openSync } from 'node:fs';
import { formatBytes } from '#base/units.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { joinProject, projectOf } from '../sys/projects.ts';
import { isHoldingProjects, limitProject, type ProjectQuota, readProjectQuota } from '../sys/quotas.ts';
import { holdsMore } from './faults.ts';
import type { RootLimits } from './pool.ts';
import type { RootAmounts } from './root-usage.ts';

/** What kernels and file systems say that have no quotas of projects; and that there is no such folder. */
const without = [
  'ESRCH',
  'ENOSYS',
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOTTY',
  'ENOTBLK',
  'ENODEV',
  'EPERM',
];

/**
 * Quotas of the file system that a pool lies on (ext4, XFS): each root disk is a project, whose number is its id. They
 * change at any moment, cost nothing, and hold for overlayfs, which never writes with the right to go beyond.
 */
export class ProjectQuotas {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** `folder`: any on that file system. `undefined` where it has none. */
  static open(folder: string): ProjectQuotas | undefined {
    const quotas = new ProjectQuotas(folder);
    return unlessWithout(() => quotas.#at(folder, isHoldingProjects)) ? quotas : undefined;
  }

  /** Whatever will be made in an empty folder counts as that root disk's. */
  claim(folder: string, id: string): void {
    this.#at(folder, (fd) => joinProject(fd, numberOf(id)));
  }

  isClaimed(folder: string, id: string): boolean {
    return unlessWithout(() => this.#at(folder, projectOf)) === numberOf(id);
  }

  /** At once. Throws `insufficient` below what it holds. */
  limit(id: string, { sizeBytes = 0, inodes = 0 }: Partial<RootLimits>): void {
    const { heldBytes, heldInodes } = this.#read(id);
    if (sizeBytes > 0 && heldBytes > sizeBytes)
      throw holdsMore(formatBytes(sizeBytes), formatBytes(heldBytes));
    if (inodes > 0 && heldInodes > inodes) throw holdsMore(`${inodes} inodes`, String(heldInodes));
    this.#set(id, { limitBytes: sizeBytes, limitInodes: inodes });
  }

  /** Nothing is left that it could limit. */
  release(id: string): void {
    this.#set(id, { limitBytes: 0, limitInodes: 0 });
  }

  amounts(id: string): RootAmounts {
    const quota = this.#read(id);
    return {
      disk: { held: quota.heldBytes, ...(quota.limitBytes > 0 && { limit: quota.limitBytes }) },
      inodes: { held: quota.heldInodes, ...(quota.limitInodes > 0 && { limit: quota.limitInodes }) },
    };
  }

  /** XFS has none of a project that has nothing yet. */
  #read(id: string): ProjectQuota {
    try {
      return this.#at(this.#folder, (fd) => readProjectQuota(fd, numberOf(id)));
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      return { limitBytes: 0, heldBytes: 0, limitInodes: 0, heldInodes: 0 };
    }
  }

  #set(id: string, limits: { limitBytes: number; limitInodes: number }): void {
    this.#at(this.#folder, (fd) => limitProject(fd, numberOf(id), limits));
  }

  #at<T>(folder: string, work: (fd: number) => T): T {
    const fd = openSync(folder, 'r');
    try {
      return work(fd);
    } finally {
      closeSync(fd);
    }
  }
}

const numberOf = (id: string): number => Number.parseInt(id, 16);

function unlessWithout<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (!without.includes(systemErrorCode(error) ?? '')) throw error;
    return undefined;
  }
}
