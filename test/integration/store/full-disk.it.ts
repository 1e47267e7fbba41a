import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts';
import type { Store } from '#store/store.ts';

let disk: string;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'wadah-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'wadah-test', disk]);
});
afterAll(async () => {
  execFileSync('umount', [disk]);
  await rmdir(disk);
});

/** Writes documents until one is refused; resolves to how many were not, and the refusal. */
async function fill(store: Store): Promise<{ written: number; refusal: unknown }> {
  for (let written = 0; ; written += 1) {
    try {
      await store.transact({ writes: [{ put: `bulk/${written}`, value: 'x'.repeat(60_000) }] });
    } catch (refusal) {
      return { written, refusal };
    }
  }
}

/** Takes the last byte of the disk, as a guest would. */
async function fillWithJunk(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    await file.close();
  }
}

test('on a full disk the store refuses to grow, keeps what it has, and still deletes and journals', async () => {
  const store = await openEmbeddedStore(join(disk, 'store'));
  const { written, refusal } = await fill(store);
  expect(refusal).toMatchObject({
    code: 'insufficient',
    message: expect.stringContaining('the disk is full'),
  });
  expect(await store.range('bulk/')).toHaveLength(written);
  expect(await store.revision()).toBe(BigInt(written));

  await fillWithJunk(join(disk, 'junk'));
  const journal = { step: 'remove-disk', work: { path: '/somewhere' } };
  for (let count = 0; count < 50; count += 1) {
    await store.transact({ writes: [{ put: 'operation/1', value: { ...journal, count } }] });
  }
  for (let count = 0; count < written; count += 1) {
    await store.transact({ writes: [{ delete: `bulk/${count}` }] });
  }
  await store.close();
  await rm(join(disk, 'junk'));

  const again = await openEmbeddedStore(join(disk, 'store'));
  expect((await again.range('')).map(({ key }) => key)).toEqual(['operation/1']);
  expect((await fill(again)).written).toBeGreaterThan(written / 2);
  await again.close();
});
