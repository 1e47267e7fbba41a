import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FakeClock } from '#base/fake-clock.ts';
import type { ChangeLogLimits } from '../local/change-log.ts';
import { type OpenedStore, storeSuite } from '../store-suite.ts';
import { openEmbeddedStore } from './embedded-store.ts';

let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

const newFolder = (): string => join(folder, `store.${(count += 1)}`, 'node');

async function open(clock: FakeClock, changeLog?: ChangeLogLimits): Promise<OpenedStore> {
  const store = await openEmbeddedStore(newFolder(), { clock, ...(changeLog && { changeLog }) });
  return { store, dispose: () => store.close() };
}

storeSuite('embedded store', open, 50);

describe('embedded store, opened again', () => {
  test('has every document with its revisions, and goes on counting', async () => {
    const path = newFolder();
    const before = await openEmbeddedStore(path);
    await before.transact({ writes: [{ put: 'a', value: { text: 'é' } }] });
    const { revision } = await before.transact({ writes: [{ put: 'b', value: null }] });
    const entries = await before.range('');
    await before.close();
    const after = await openEmbeddedStore(path);
    expect(await after.range('')).toEqual(entries);
    expect(await after.transact({ writes: [{ delete: 'a' }] })).toEqual({
      succeeded: true,
      revision: revision + 1n,
    });
    await after.close();
  });

  test('is without the documents whose lease ended with the process that held it', async () => {
    const path = newFolder();
    const before = await openEmbeddedStore(path);
    const lease = await before.lease(1e9);
    const writes = ['held', 'kept'].map((key) => ({ put: key, value: 1, lease }));
    await before.transact({ writes });
    const { revision } = await before.transact({ writes: [{ put: 'kept', value: 2 }] });
    await before.close();
    const after = await openEmbeddedStore(path);
    expect((await after.range('')).map(({ key }) => key)).toEqual(['kept']);
    expect(await after.revision()).toBe(revision + 1n);
    await after.close();
  });

  test('tells a watcher from before that it must read again', async () => {
    const path = newFolder();
    const before = await openEmbeddedStore(path);
    const { revision } = await before.transact({ writes: [{ put: 'a', value: 1 }] });
    await before.close();
    const after = await openEmbeddedStore(path);
    const watch = after.watch('', { after: revision - 1n, signal: AbortSignal.timeout(10_000) });
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'unavailable' });
    await after.close();
  });

  test('is readable by root alone', async () => {
    const path = newFolder();
    await (await openEmbeddedStore(path)).close();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });
});

describe('a damaged file of the embedded store', () => {
  let sound: string;
  let sizeBytes: number;

  beforeAll(async () => {
    sound = newFolder();
    const store = await openEmbeddedStore(sound);
    for (let batch = 0; batch < 10; batch += 1) {
      const numbers = Array.from({ length: 50 }, (_, index) => batch * 50 + index);
      const writes = numbers.map((n) => ({
        put: `key/${n}`,
        value: 'x'.repeat(n % 25 === 0 ? 20_000 : 200),
      }));
      await store.transact({ writes });
    }
    await store.close();
    sizeBytes = (await stat(join(sound, 'data.mdb'))).size;
  });

  async function damaged(damage: (path: string) => Promise<void>): Promise<string> {
    const copy = newFolder();
    await mkdir(copy, { recursive: true });
    const path = join(copy, 'data.mdb');
    await copyFile(join(sound, 'data.mdb'), path);
    await damage(path);
    return copy;
  }

  test.each<[string, (path: string) => Promise<void>]>([
    ['cut to half its length', (path) => truncate(path, sizeBytes / 2)],
    ['cut after its first page', (path) => truncate(path, 4096)],
    ['cut inside its first page', (path) => truncate(path, 100)],
    ['that holds something else', (path) => writeFile(path, 'no database\n'.repeat(2000))],
    ['that is full of zeros', (path) => writeFile(path, Buffer.alloc(sizeBytes))],
    ['whose pages are noise', (path) => overwrite(path, 8192, Buffer.alloc(sizeBytes - 8192, 0xa5))],
  ])('%s is refused, and the refusal says which file it is', async (_, damage) => {
    const copy = await damaged(damage);
    await expect(openEmbeddedStore(copy)).rejects.toMatchObject({
      code: 'host',
      message: expect.stringContaining(`The store's file "${join(copy, 'data.mdb')}" is damaged: `),
      hint: expect.stringContaining('wadahd --restore-store'),
    });
  });

  test('that is empty is a new store', async () => {
    const store = await openEmbeddedStore(await damaged((path) => truncate(path, 0)));
    expect(await store.range('')).toEqual([]);
    await store.close();
  });

  async function overwrite(path: string, at: number, bytes: Buffer): Promise<void> {
    const content = await readFile(path);
    bytes.copy(content, at);
    await writeFile(path, content);
  }
});
