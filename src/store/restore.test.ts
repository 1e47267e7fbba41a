import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger } from '#base/logger.ts';
import { openEmbeddedStore } from './embedded/embedded-store.ts';
import { openStores } from './open-stores.ts';
import { restoreStores } from './restore.ts';
import { listSnapshots } from './snapshot-files.ts';
import { Snapshots } from './snapshots.ts';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'wadah-state-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

const fileOf = (store: string): string => join(stateDir, 'store', store, 'data.mdb');
const newestFile = async (store: string): Promise<string> =>
  join(stateDir, 'store/snapshots', (await listSnapshots(stateDir))[0]?.name ?? '', `${store}.mdb`);

/** Writes `value` to both stores, and takes a snapshot if asked to. */
async function write(value: string, options = { snapshot: true }): Promise<void> {
  const stores = await openStores(stateDir);
  for (const store of [stores.shared, stores.node]) {
    await store.transact({ writes: [{ put: 'value', value }] });
  }
  if (options.snapshot) await stores.snapshots.take();
  await stores.close();
}

async function values(): Promise<unknown[]> {
  const { shared, node, close } = await openStores(stateDir);
  const found = [(await shared.get('value'))?.value, (await node.get('value'))?.value];
  await close();
  return found;
}

async function spoil(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.lastIndexOf('value')] = 0;
  await writeFile(path, bytes);
  await truncate(path, bytes.length / 2);
}

test('a damaged store is refused, and put back from the newest snapshot; the other one stays as it is', async () => {
  await write('old');
  await write('new', { snapshot: false });
  await spoil(fileOf('shared'));
  await expect(openStores(stateDir)).rejects.toMatchObject({ code: 'host' });
  const { stores } = await restoreStores(stateDir);
  expect(stores).toEqual([{ name: 'shared', keptAs: join(stateDir, 'store/shared/before-restore.1') }]);
  expect(await values()).toEqual(['old', 'new']);
  expect(await readdir(join(stateDir, 'store/shared'))).toContain('before-restore.1');
});

test('a snapshot that is damaged itself is passed over', async () => {
  await write('first');
  await write('second');
  await spoil(await newestFile('node'));
  await spoil(fileOf('node'));
  const { snapshot } = await restoreStores(stateDir);
  expect(snapshot.number).toBe(1);
  expect(await values()).toEqual(['second', 'first']);
});

test.each<[string, (path: string) => Promise<void>]>([
  ['is gone', (path) => rm(path)],
  ['is empty', (path) => truncate(path, 0)],
])('a store whose file %s is not begun anew in silence', async (_, lose) => {
  await write('kept');
  await lose(fileOf('shared'));
  await expect(openStores(stateDir)).rejects.toMatchObject({
    code: 'host',
    message: expect.stringMatching(/The shared store is gone, but snapshot 1-\S+ has it/),
  });
  await restoreStores(stateDir);
  expect(await values()).toEqual(['kept', 'kept']);
});

test('going back on purpose takes the name of a snapshot, and takes both stores back', async () => {
  await write('first');
  await write('second');
  await expect(restoreStores(stateDir)).rejects.toMatchObject({ code: 'wrong-state' });
  await expect(restoreStores(stateDir, '7')).rejects.toMatchObject({ code: 'not-found' });
  const [, first] = await listSnapshots(stateDir);
  await restoreStores(stateDir, first?.name);
  expect(await values()).toEqual(['first', 'first']);
  await restoreStores(stateDir, '2');
  expect(await values()).toEqual(['second', 'second']);
});

test('a restore that was cut short can be repeated', async () => {
  await write('kept');
  await spoil(fileOf('node'));
  await writeFile(`${fileOf('node')}.new`, 'half');
  await restoreStores(stateDir);
  expect(await values()).toEqual(['kept', 'kept']);
});

test('with no snapshot left there are words for what to do', async () => {
  await write('lost', { snapshot: false });
  await spoil(fileOf('node'));
  await expect(restoreStores(stateDir)).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('move'),
  });
});

test('snapshots are taken at the start and then whenever there is something new, wherever the clock is set', async () => {
  const clock = new FakeClock();
  const open = (name: string) => openEmbeddedStore(join(stateDir, 'store', name), { clock });
  const stores = { shared: await open('shared'), node: await open('node') };
  const put = (value: number) => stores.node.transact({ writes: [{ put: 'value', value }] });
  const snapshots = new Snapshots({ stateDir, stores, clock });
  const numbers = async (count: number): Promise<void> =>
    expect.poll(async () => (await listSnapshots(stateDir)).length, { timeout: 20_000 }).toBe(count);
  await put(1);
  snapshots.open(silentLogger);
  await numbers(1);
  await put(2);
  await expect
    .poll(
      async () => {
        clock.advance(10 * 60_000);
        return (await listSnapshots(stateDir)).length;
      },
      { timeout: 20_000 },
    )
    .toBe(2);
  await snapshots.close();
  expect(await snapshots.take()).toBeUndefined();
  await stores.shared.close();
  await stores.node.close();
});
