import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import { openStores } from './open-stores.ts';
import { schemaKey } from './schema.ts';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'wadah-state-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

test('the shared and the node store of a state directory are two stores that stay', async () => {
  const before = await openStores(stateDir);
  await before.shared.transact({ writes: [{ put: 'a', value: 'shared' }] });
  await before.node.transact({ writes: [{ put: 'a', value: 'node' }] });
  await before.close();
  const after = await openStores(stateDir);
  expect((await after.shared.get('a'))?.value).toBe('shared');
  expect((await after.node.get('a'))?.value).toBe('node');
  await after.close();
});

test('a store from the future is refused', async () => {
  const folder = join(stateDir, 'store', 'node');
  await (await openStores(stateDir)).close();
  const store = await openEmbeddedStore(folder);
  await store.transact({ writes: [{ put: schemaKey, value: { version: 99 } }] });
  await store.close();
  await expect(openStores(stateDir)).rejects.toMatchObject({ code: 'unsupported' });
});
