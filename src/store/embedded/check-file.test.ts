import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { openEmbeddedStore } from './embedded-store.ts';

let folder: string;
let sound: Buffer;
let content: unknown;

const pathOf = (name: string): string => join(folder, name, 'data.mdb');

async function contentOf(name: string): Promise<unknown> {
  const store = await openEmbeddedStore(join(folder, name));
  const entries = await store.range('');
  await store.close();
  return entries;
}

beforeAll(async () => {
  // In memory: each of the hundreds of stores that are opened here waits for its disk.
  folder = await mkdtemp('/dev/shm/wadah-flips-');
  const store = await openEmbeddedStore(join(folder, 'sound'));
  const lease = await store.lease(1e9);
  for (let turn = 0; turn < 40; turn += 1) {
    const small = { put: `small/${turn % 17}`, value: { turn, text: 'é'.repeat(300) } };
    const large = { put: `large/${turn % 3}`, value: 'y'.repeat(9000 + turn) };
    const held = { put: 'held', value: turn, lease };
    await store.transact({ writes: turn % 5 === 0 ? [small, large, held] : [small, { delete: 'large/1' }] });
  }
  await store.close();
  content = await contentOf('sound'); // without what the lease held
  sound = await readFile(pathOf('sound'));
  await (await openEmbeddedStore(join(folder, 'copy'))).close();
});
afterAll(() => rm(folder, { recursive: true }));

/** Whether the store with this file is refused; if it is not, its content must be that of the sound one. */
async function isRefused(damage: string, file: Buffer): Promise<boolean> {
  await writeFile(pathOf('copy'), file);
  await rm(`${pathOf('copy')}-lock`, { force: true });
  try {
    expect(await contentOf('copy'), damage).toEqual(content);
    return false;
  } catch (error) {
    if (isFault(error, 'host')) return true;
    throw error;
  }
}

const random = (below: number): number => Math.floor(Math.random() * below);

async function flip(at: number, mask: number): Promise<boolean> {
  const copy = Buffer.from(sound);
  copy[at] = (sound[at] ?? 0) ^ mask;
  return isRefused(`byte ${at} ^ ${mask}`, copy);
}

test('whichever byte of the file is changed, it is refused or holds the same documents', async () => {
  let refusals = 0;
  for (let count = 0; count < 120; count += 1) {
    if (await flip(random(sound.length), 1 + random(255))) refusals += 1;
  }
  expect(refusals).toBeGreaterThan(3); // the others hit room that is not used
}, 60_000);

test('and so it is where the bytes say where things are', async () => {
  for (const page of [0, 4096]) {
    for (let at = 0; at < 176; at += 1 + random(6)) await flip(page + at, 1 << random(8));
  }
  for (let page = 8192; page < sound.length; page += 4096) {
    for (let at = 0; at < 32; at += 1 + random(10)) await flip(page + at, 1 << random(8));
  }
}, 120_000);

test('a transaction number that was changed does not bring back the commit before', async () => {
  const transactions = [sound.readBigUInt64LE(152), sound.readBigUInt64LE(4096 + 152)];
  expect(Math.abs(Number(transactions[0]) - Number(transactions[1]))).toBe(1);
  for (const page of [0, 4096]) {
    for (let mask = 1; mask < 256; mask += 1) expect(await flip(page + 152, mask)).toBe(true);
  }
});

test('wherever the file is cut, it is refused or holds the same documents', async () => {
  for (let size = 1 + random(500); size < sound.length; size += 1 + random(500)) {
    await isRefused(`cut to ${size} bytes`, sound.subarray(0, size));
  }
  await copyFile(pathOf('sound'), pathOf('copy'));
  await truncate(pathOf('copy'), sound.length / 2);
  await expect(openEmbeddedStore(join(folder, 'copy'))).rejects.toMatchObject({
    code: 'host',
    message: expect.stringMatching(
      /The store's file ".*" is damaged: page \d+ lies beyond the end of the file/,
    ),
  });
});
