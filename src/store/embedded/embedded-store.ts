import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, systemClock } from '#base/clock.ts';
import { Fault } from '#model/fault.ts';
import type { ChangeLogLimits } from '../local/change-log.ts';
import { LocalStore } from '../local/local-store.ts';
import type { Store } from '../store.ts';
import { type CheckedFile, checkDatabaseFile } from './check-file.ts';
import { LmdbRecords } from './lmdb-records.ts';

/**
 * Opens the store in `folder`, made when it is not there. The caller sees to it that no other process has it open.
 * Throws `host` when its file is damaged or cannot be opened.
 */
export async function openEmbeddedStore(
  folder: string,
  options: { clock?: Clock; changeLog?: ChangeLogLimits } = {},
): Promise<Store> {
  const path = join(folder, 'data.mdb');
  await makeFolder(folder);
  const records = openRecords(path, checkDatabaseFile(path));
  await syncFolder(folder); // a file that was made just now must still be in its folder after a power cut
  return LocalStore.open(records, { clock: systemClock, ...options });
}

function openRecords(path: string, checked: CheckedFile | undefined): LmdbRecords {
  try {
    return new LmdbRecords(path, checked);
  } catch (cause) {
    throw new Fault('host', `Cannot open the store's file "${path}"`, { cause });
  }
}

async function makeFolder(folder: string): Promise<void> {
  const topmostNew = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (topmostNew === undefined) return;
  for (let made = folder; made !== dirname(topmostNew); made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
