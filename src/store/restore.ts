import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { Fault } from '#model/fault.ts';
import { checkDatabaseFile } from './embedded/check-file.ts';
import { databaseFile, makeFolder, sync } from './embedded/database-folder.ts';
import {
  listSnapshots,
  type Snapshot,
  snapshotFile,
  storeFolder,
  storeNames,
  type StoreName,
} from './snapshot-files.ts';

export interface Restored {
  snapshot: Snapshot;
  stores: { name: StoreName /** Where what was there before lies now. */; keptAs: string | undefined }[];
}

/**
 * Puts stores back from a snapshot, while no daemon has them open. Without `name`: those that are damaged, from the
 * newest snapshot in which they are not; else both, as they were then. What was there is kept beside it. Throws
 * `wrong-state` when nothing is damaged and nothing was named, `not-found` without such a snapshot, `host` when the
 * named one is damaged itself. After a crash in its middle it can be repeated.
 */
export async function restoreStores(stateDir: string, name?: string): Promise<Restored> {
  const snapshots = await listSnapshots(stateDir);
  const damaged = await damagedStores(stateDir, snapshots.length > 0);
  const wanted = name === undefined ? damaged : [...storeNames];
  if (wanted.length === 0) throw nothingDamaged();
  const snapshot =
    name === undefined ? newestSound(stateDir, snapshots, wanted) : named(stateDir, snapshots, name);
  const stores = [];
  for (const store of wanted) {
    stores.push({ name: store, keptAs: await restore(stateDir, snapshot, store) });
  }
  return { snapshot, stores };
}

/** Throws `host` when the store's file is not there, or empty, although there are snapshots of it. */
export async function requireNotLost(stateDir: string, name: StoreName): Promise<void> {
  const [newest] = await listSnapshots(stateDir);
  if (!newest || (await sizeOf(databaseFile(storeFolder(stateDir, name)))) > 0) return;
  throw new Fault('host', `The ${name} store is gone, but snapshot ${newest.name} has it`, {
    hint: `Put it back: wadahd --restore-store. To begin anew, move ${stateDir}/store away.`,
  });
}

async function damagedStores(stateDir: string, hasSnapshots: boolean): Promise<StoreName[]> {
  const states = storeNames.map(async (name): Promise<StoreName[]> => {
    const path = databaseFile(storeFolder(stateDir, name));
    const isLost = hasSnapshots && (await sizeOf(path)) === 0;
    return isLost || isDamaged(path) ? [name] : [];
  });
  return (await Promise.all(states)).flat();
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function isDamaged(path: string): boolean {
  try {
    checkDatabaseFile(path);
    return false;
  } catch {
    return true;
  }
}

function newestSound(
  stateDir: string,
  snapshots: readonly Snapshot[],
  stores: readonly StoreName[],
): Snapshot {
  const sound = snapshots.find((snapshot) => !stores.some((store) => isSpoilt(stateDir, snapshot, store)));
  if (sound) return sound;
  throw new Fault('not-found', `There is no snapshot in which the ${stores.join(' and ')} store is whole`, {
    hint: `Put a backup in its place. To begin anew, move ${stateDir}/store away; disks stay in ${stateDir}/pool.`,
  });
}

function named(stateDir: string, snapshots: readonly Snapshot[], name: string): Snapshot {
  const snapshot = snapshots.find((each) => each.name === name || String(each.number) === name);
  if (!snapshot) {
    throw new Fault('not-found', `There is no snapshot "${name}"`, {
      hint: 'wadahd --list-snapshots shows all.',
    });
  }
  if (!storeNames.some((store) => isSpoilt(stateDir, snapshot, store))) return snapshot;
  throw new Fault('host', `The snapshot ${snapshot.name} is damaged`, {
    hint: 'Take another one: wadahd --list-snapshots.',
  });
}

/** A snapshot of a store never is empty: it holds the version of its documents. */
function isSpoilt(stateDir: string, snapshot: Snapshot, store: StoreName): boolean {
  try {
    return checkDatabaseFile(snapshotFile(stateDir, snapshot, store)) === undefined;
  } catch {
    return true;
  }
}

async function restore(stateDir: string, snapshot: Snapshot, store: StoreName): Promise<string | undefined> {
  const folder = storeFolder(stateDir, store);
  const path = databaseFile(folder);
  await makeFolder(folder);
  const draft = `${path}.new`;
  await copyFile(snapshotFile(stateDir, snapshot, store), draft);
  await sync(draft);
  const keptAs = await keep(folder, path);
  await rm(`${path}-lock`, { force: true }); // of LMDB; it belongs to the file that was
  await rename(draft, path);
  await sync(folder);
  return keptAs;
}

/** Gives the file a name under which nobody opens it. */
async function keep(folder: string, path: string): Promise<string | undefined> {
  if ((await sizeOf(path)) === 0) return undefined;
  const names = new Set(await readdir(folder));
  let number = 1;
  while (names.has(`before-restore.${number}`)) number += 1;
  const kept = `${folder}/before-restore.${number}`;
  await rename(path, kept);
  return kept;
}

function nothingDamaged(): Fault {
  return new Fault('wrong-state', 'No store is damaged', {
    hint: 'To go back on purpose, name a snapshot: wadahd --list-snapshots, wadahd --restore-store NAME.',
  });
}
