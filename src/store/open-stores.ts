import { type EmbeddedStore, openEmbeddedStore } from './embedded/embedded-store.ts';
import { requireNotLost } from './restore.ts';
import { type Migration, migrate } from './schema.ts';
import { storeFolder, type StoreName } from './snapshot-files.ts';
import { Snapshots } from './snapshots.ts';
import type { Store } from './store.ts';

// Add to the end, never change what was released: the number of migrations is the version of the documents.
const sharedMigrations: readonly Migration[] = [];
const nodeMigrations: readonly Migration[] = [];

export interface Stores {
  /** What is wanted: instances, profiles, networks, images. */
  shared: Store;
  /** What is so on this host: run handles, journals, counters, addresses. */
  node: Store;
  /** Not taken before `open`. */
  snapshots: Snapshots;
  close(): Promise<void>;
}

/**
 * Opens the stores of a daemon in its state directory, both of the newest schema version.
 * Throws `host` when a file is damaged or lost, `unsupported` when a newer Wadah has written it.
 */
export async function openStores(stateDir: string): Promise<Stores> {
  const shared = await openStore(stateDir, 'shared', sharedMigrations);
  try {
    const node = await openStore(stateDir, 'node', nodeMigrations);
    const snapshots = new Snapshots({ stateDir, stores: { shared, node } });
    const close = async (): Promise<void> => {
      await snapshots.close();
      await Promise.all([shared.close(), node.close()]);
    };
    return { shared, node, snapshots, close };
  } catch (error) {
    await shared.close();
    throw error;
  }
}

async function openStore(
  stateDir: string,
  name: StoreName,
  migrations: readonly Migration[],
): Promise<EmbeddedStore> {
  await requireNotLost(stateDir, name);
  const store = await openEmbeddedStore(storeFolder(stateDir, name));
  try {
    await migrate(store, migrations, name);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
