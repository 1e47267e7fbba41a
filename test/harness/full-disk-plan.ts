import { readFileSync, renameSync } from 'node:fs';
import { DirPool } from '#host/storage/dir-pool.ts';
import { LmdbRecords } from '#store/embedded/lmdb-records.ts';
import { fillDisk } from './fill-disk.ts';

/** Names the file that says when the daemon's disk becomes full. */
export const fullDiskVariable = 'WADAH_TEST_FULL_DISK';

export interface FullDiskPlan {
  id: string;
  /** After so many writes of the daemon. */
  writes: number;
  /** A folder on the disk. */
  folder: string;
  leftBytes: number;
}

type Method = (this: object, ...args: never[]) => Promise<unknown>;

const writers: [prototype: object, methods: readonly string[]][] = [
  [LmdbRecords.prototype, ['commit']],
  [
    DirPool.prototype,
    ['makeBuildFolder', 'publishImage', 'makeRoot', 'openRoot', 'limitRoot', 'makeBaseDisk', 'makeDisk'],
  ],
];

/** Makes this process one whose disk becomes full before the write that the plan names: of the stores or of the pool. */
export function makeDiskFillable(): void {
  for (const [prototype, methods] of writers) {
    for (const name of methods) {
      const write = Reflect.get(prototype, name) as Method;
      const planned: Method = function planned(...args) {
        fillIfDue();
        return write.apply(this, args);
      };
      Reflect.set(prototype, name, planned);
    }
  }
}

/** Plans by their id, with the writes that have come since. */
const seen = new Map<string, number>();

/** It comes once. Nobody takes the plan back meanwhile, as it is taken first; then that it was carried out is said. */
function fillIfDue(): void {
  const file = process.env[fullDiskVariable] ?? '';
  const plan = readPlan(file);
  if (!plan) return;
  const writes = seen.get(plan.id) ?? 0;
  seen.set(plan.id, writes + 1);
  if (writes < plan.writes || !take(file)) return;
  fillDisk(plan.folder, plan.leftBytes);
  renameSync(`${file}.taken`, `${file}.done`);
}

function take(file: string): boolean {
  try {
    renameSync(file, `${file}.taken`);
    return true;
  } catch {
    return false;
  }
}

function readPlan(file: string): FullDiskPlan | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as FullDiskPlan;
  } catch {
    return undefined;
  }
}
