import { join } from 'node:path';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import { type Migration, migrate } from './schema.ts';
import type { Store } from './store.ts';

// Add to the end, never change what was released: the number of migrations is the version of the documents.
const sharedMigrations: readonly Migration[] = [];
const nodeMigrations: readonly Migration[] = [];

export interface Stores {
  /** What is wanted: instances, profiles, networks, images. */
  shared: Store;
  /** What is so on this host: run handles, journals, counters, addresses. */
  node: Store;
  close(): Promise<void>;
}

/**
 * Opens the stores of a daemon in its state directory, both of the newest schema version.
 * Throws `host` when a file is damaged, `unsupported` when a newer Wadah has written it.
 */
export async function openStores(stateDir: string): Promise<Stores> {
  const shared = await openStore(stateDir, 'shared', sharedMigrations);
  try {
    const node = await openStore(stateDir, 'node', nodeMigrations);
    const close = async (): Promise<void> => {
      await Promise.all([shared.close(), node.close()]);
    };
    return { shared, node, close };
  } catch (error) {
    await shared.close();
    throw error;
  }
}

async function openStore(stateDir: string, name: string, migrations: readonly Migration[]): Promise<Store> {
  const store = await openEmbeddedStore(join(stateDir, 'store', name));
  try {
    await migrate(store, migrations, name);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
