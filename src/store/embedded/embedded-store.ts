import { type Clock, systemClock } from '#base/clock.ts';
import { Fault } from '#model/fault.ts';
import type { ChangeLogLimits } from '../local/change-log.ts';
import { LocalStore } from '../local/local-store.ts';
import type { Store } from '../store.ts';
import { type CheckedFile, checkDatabaseFile } from './check-file.ts';
import { databaseFile, makeFolder, sync } from './database-folder.ts';
import { LmdbRecords } from './lmdb-records.ts';

export interface EmbeddedStore extends Store {
  /**
   * Writes a store of its own, with what is committed now, to a file that is not there yet. Works beside the main
   * thread; resolves when it is durable. Throws `insufficient` when the disk is full, `host` when it refuses.
   */
  copyTo(path: string): Promise<void>;
}

/**
 * Opens the store in `folder`, made when it is not there. The caller sees to it that no other process has it open.
 * Throws `host` when its file is damaged or cannot be opened.
 */
export async function openEmbeddedStore(
  folder: string,
  options: { clock?: Clock; changeLog?: ChangeLogLimits } = {},
): Promise<EmbeddedStore> {
  const path = databaseFile(folder);
  await makeFolder(folder);
  const records = openRecords(path, checkDatabaseFile(path));
  await sync(folder); // a file that was made just now must still be in its folder after a power cut
  const store = await LocalStore.open(records, { clock: systemClock, ...options });
  const copyTo = async (copy: string): Promise<void> => {
    await records.copyTo(copy);
    await sync(copy);
  };
  return Object.assign(store, { copyTo });
}

function openRecords(path: string, checked: CheckedFile | undefined): LmdbRecords {
  try {
    return new LmdbRecords(path, checked);
  } catch (cause) {
    throw new Fault('host', `Cannot open the store's file "${path}"`, { cause });
  }
}
