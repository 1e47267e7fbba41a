import { Fault } from '#model/fault.ts';
import type { Entry, Store } from './store.ts';

/** One step of a store's documents from a version of their shape to the next. */
export interface Migration {
  /** What it does, for the log: `Give every instance its own id range`. */
  name: string;
  /** Rewrites the documents. Fit to run twice: a crash in its middle runs it again from the beginning. */
  run(store: Store): Promise<void>;
}

/** Where a store says which shape its documents have. */
export const schemaKey = 'schema';

interface Schema {
  version: number;
  /** The version that a migration was on its way to when this was written. */
  migratingTo?: number;
}

/**
 * Brings the documents of `store` to the newest shape, which has the number of `migrations`; a new store has it
 * already. Throws `unsupported` when a newer Wadah has written it, even if its migration broke off.
 */
export async function migrate(
  store: Store,
  migrations: readonly Migration[],
  storeName: string,
): Promise<void> {
  const newest = migrations.length;
  let entry = await store.get<Schema>(schemaKey);
  if (!entry) {
    if ((await store.revision()) > 0n) throw notOurs(storeName);
    entry = await write(store, undefined, { version: newest });
  }
  const { version, migratingTo = version } = entry.value;
  if (migratingTo > newest) throw tooNew(storeName, migratingTo, newest);
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    entry = await write(store, entry, { version: index, migratingTo: index + 1 });
    await migration.run(store);
    entry = await write(store, entry, { version: index + 1 });
  }
}

async function write(store: Store, before: Entry<Schema> | undefined, value: Schema): Promise<Entry<Schema>> {
  const { succeeded } = await store.transact({
    compares: [{ key: schemaKey, modRevision: before?.modRevision ?? 0n }],
    writes: [{ put: schemaKey, value }],
  });
  const entry = succeeded ? await store.get<Schema>(schemaKey) : undefined;
  if (entry) return entry;
  throw new Fault('conflict', 'The schema version of the store was changed by another daemon');
}

function tooNew(storeName: string, version: number, newest: number): Fault {
  return new Fault(
    'unsupported',
    `The ${storeName} store was written by a newer Wadah: its documents have version ${version}, this one knows ${newest}`,
    { hint: 'Install the newer Wadah again, or put back a backup from before the upgrade.' },
  );
}

function notOurs(storeName: string): Fault {
  return new Fault('host', `The ${storeName} store holds documents, but not their version`, {
    hint: 'Is this the state directory of a Wadah daemon?',
  });
}
