import { beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from './memory/memory-store.ts';
import { type Migration, migrate, schemaKey } from './schema.ts';
import type { Store } from './store.ts';

let store: Store;

beforeEach(async () => {
  store = await openMemoryStore();
});

const rename = (from: string, to: string): Migration => ({
  name: `Rename ${from} to ${to}`,
  async run(into) {
    const entry = await into.get(from);
    if (entry) await into.transact({ writes: [{ delete: from }, { put: to, value: entry.value }] });
  },
});
const first = rename('a', 'b');
const second = rename('b', 'c');

const version = async (): Promise<unknown> => (await store.get(schemaKey))?.value;
const keys = async (): Promise<string[]> => (await store.range('')).map(({ key }) => key);

describe('migrate', () => {
  test('gives a new store the newest version and runs nothing', async () => {
    const never: Migration = { name: 'never', run: () => Promise.reject(new Error('it ran')) };
    await migrate(store, [never], 'node');
    expect(await version()).toEqual({ version: 1 });
  });

  test('runs what is missing, in order, once', async () => {
    await migrate(store, [], 'node');
    await store.transact({ writes: [{ put: 'a', value: 1 }] });
    await migrate(store, [first, second], 'node');
    await store.transact({ writes: [{ put: 'a', value: 2 }] });
    await migrate(store, [first, second], 'node');
    expect(await keys()).toEqual(['a', 'c', schemaKey]);
    expect(await version()).toEqual({ version: 2 });
  });

  test('runs again the one that a crash interrupted, and the rest', async () => {
    await migrate(store, [], 'node');
    await store.transact({ writes: [{ put: 'a', value: 1 }] });
    const crash: Migration = {
      name: 'crash after acting',
      async run(into) {
        await first.run(into);
        throw new Error('killed');
      },
    };
    await expect(migrate(store, [crash, second], 'node')).rejects.toThrow('killed');
    expect(await version()).toEqual({ version: 0, migratingTo: 1 });
    await migrate(store, [first, second], 'node');
    expect(await keys()).toEqual(['c', schemaKey]);
    expect(await version()).toEqual({ version: 2 });
  });

  test('refuses a store that a newer Wadah wrote or began to migrate', async () => {
    await migrate(store, [first, second], 'shared');
    const refusal = {
      code: 'unsupported',
      message: expect.stringMatching(
        /shared store was written by a newer Wadah.* version 2, this one knows 1/,
      ),
      hint: expect.stringContaining('newer Wadah'),
    };
    await expect(migrate(store, [first], 'shared')).rejects.toMatchObject(refusal);
    await store.transact({ writes: [{ put: schemaKey, value: { version: 1, migratingTo: 2 } }] });
    await expect(migrate(store, [first], 'shared')).rejects.toMatchObject(refusal);
  });

  test('refuses documents without a version', async () => {
    await store.transact({ writes: [{ put: 'a', value: 1 }] });
    await expect(migrate(store, [], 'node')).rejects.toMatchObject({ code: 'host' });
  });
});
