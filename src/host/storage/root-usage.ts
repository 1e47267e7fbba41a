import { stat } from 'node:fs/promises';
import type { Counter, CounterAbility } from '#model/counter.ts';
import { isFault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { diskSize } from './qcow2.ts';

/** What a root disk holds and may hold, as far as it is known. */
export interface RootAmounts {
  /** Bytes. */
  disk?: Counter;
  inodes?: Counter;
}

export interface RootUsage {
  amounts: RootAmounts;
  /** What can be done about this very disk. */
  abilities: Partial<Record<keyof RootAmounts, CounterAbility>>;
}

const limited = (reason: string): CounterAbility => ({ ability: 'limited', reason });
const counted = (reason: string): CounterAbility => ({ ability: 'counted', reason });

/** Of a root disk that has a size. Nobody tells how often a program heard that there is no room. */
export const volumeAbilities = {
  disk: limited('its root disk is a file system of that size'),
  inodes: limited('its root disk is a file system made with so many'),
} as const satisfies RootUsage['abilities'];

/** What is done about root disks that have limits, on one host or another. */
export const usualAbilities = {
  disk: limited('it has a quota of the file system that the pool lies on, or is a file system of that size'),
  inodes: limited(
    'it has a quota of the file system that the pool lies on, or is a file system made with so many',
  ),
} as const satisfies RootUsage['abilities'];

/** Where the file system of the pool has quotas. */
export const quotaAbilities = {
  disk: limited('the file system of the pool has a quota for its root disk'),
  inodes: limited('the file system of the pool has a quota for its root disk'),
} as const satisfies RootUsage['abilities'];

const sharing =
  'its root disk has no size and shares the room of the pool; looked through when somebody asks';
export const folderAbilities = {
  disk: counted(sharing),
  inodes: counted(sharing),
} as const satisfies RootUsage['abilities'];

export const machineAbilities = {
  disk: limited('the guest sees a disk of that size; what was written to it is held'),
} as const satisfies RootUsage['abilities'];

const walkMs = 10_000;

/** What a container has written of its own. Bounded in time: absent where there is more than can be looked through. */
export async function amountsBelow(programs: Programs, folder: string): Promise<RootAmounts> {
  const sum = async (...options: string[]): Promise<number | undefined> => {
    const argv = ['du', '--summarize', '--one-file-system', ...options, '--', folder];
    try {
      // A file may go while it is looked at; all others are counted.
      const { stdout } = await programs.run(argv, { okExits: [1], timeoutMs: walkMs });
      return /^\d+/.test(stdout) ? Number.parseInt(stdout, 10) : undefined;
    } catch (error) {
      if (!isFault(error, 'timed-out')) throw error;
      return undefined;
    }
  };
  const [bytes, inodes] = await Promise.all([sum('--block-size=1'), sum('--inodes')]);
  return {
    ...(bytes !== undefined && { disk: { held: bytes } }),
    ...(inodes !== undefined && { inodes: { held: inodes } }),
  };
}

/** What a virtual machine has written to its disk, as the pool's file system has it; absent when it is not there. */
export async function amountsOfDisk(file: string): Promise<RootAmounts> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return {};
  // QEMU, which a guest may have taken over, can write the header too: then the limit is not known.
  const limit = await diskSize(file).catch(() => undefined);
  return { disk: { held: found.blocks * 512, ...(limit !== undefined && { limit }) } };
}
