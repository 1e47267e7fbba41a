import { DaemonLock } from '#host/claims/daemon-lock.ts';
import { markRestored } from '#service/reconcile/after-restore.ts';
import { openStores } from '#store/open-stores.ts';
import { restoreStores } from '#store/restore.ts';
import { listSnapshots, snapshotBytes } from '#store/snapshot-files.ts';
import { formatBytes } from '#base/units.ts';
import type { Places } from './places.ts';

/** A line for each snapshot of the stores, the newest first. */
export async function tellSnapshots({ directory }: Places): Promise<string> {
  const snapshots = await listSnapshots(directory);
  if (snapshots.length === 0) return `There are no snapshots in ${directory}/store\n`;
  const lines = snapshots.map(async (snapshot) => {
    const size = formatBytes(await snapshotBytes(directory, snapshot));
    return `${snapshot.name.padEnd(24)} ${new Date(snapshot.takenAt).toISOString()} ${size}\n`;
  });
  return (await Promise.all(lines)).join('');
}

/**
 * Puts damaged stores back, or both from the snapshot `name`, and tells what was done. Throws `busy` while a daemon
 * runs, and what `restoreStores` throws.
 */
export async function restoreStore({ directory }: Places, name: string | undefined): Promise<string> {
  const lock = DaemonLock.take(directory);
  try {
    const { snapshot, stores } = await restoreStores(directory, name);
    const opened = await openStores(directory);
    const isNode = stores.some((store) => store.name === 'node');
    await markRestored(opened.node, snapshot.name, isNode);
    await opened.close();
    const lines = stores.map(({ name: store, keptAs }) => {
      const kept = keptAs === undefined ? '' : `; what was there is kept as ${keptAs}`;
      return `The ${store} store is as it was in snapshot ${snapshot.name}${kept}\n`;
    });
    const next =
      'Start the daemon: it takes over what runs, and tells in its log what the snapshot did not know.\n';
    return lines.join('') + next;
  } finally {
    lock.release();
  }
}
