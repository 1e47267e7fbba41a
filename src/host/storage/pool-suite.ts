import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { isFault } from '#model/fault.ts';
import type { Pool } from './pool.ts';

const fingerprint = 'f'.repeat(64);
const id = '0123abcd';

/** Builds an image in the pool with one file in its tree. */
export async function publishTree(pool: Pool, print: string, text = 'text'): Promise<void> {
  const folder = await pool.makeBuildFolder('build-1');
  await mkdir(join(folder, 'rootfs'));
  await writeFile(join(folder, 'rootfs/file'), text);
  await pool.publishImage(folder, print);
}

const isGone = async (path: string): Promise<void> => {
  await assert.rejects(stat(path), { code: 'ENOENT' });
};

/** What every pool promises. `openPool` gives an empty one, and the same one again on later calls. */
export function poolSuite(openPool: () => Promise<Pool>): void {
  const contentOf = async (print: string) => {
    const [lower = ''] = (await openPool()).rootLayers(id, print).lower;
    return readFile(join(lower, 'file'), 'utf8');
  };

  test('a published image is found by its fingerprint, also by a pool opened later', async () => {
    await publishTree(await openPool(), fingerprint);
    const pool = await openPool();
    assert.deepEqual(await pool.contents(), { roots: [], images: [fingerprint], builds: [] });
    assert.equal(await contentOf(fingerprint), 'text');
    assert.equal(join(pool.imageFolder(fingerprint), 'rootfs'), pool.rootLayers(id, fingerprint).lower[0]);
  });

  test('publishing what is there already keeps the old tree and drops the new one', async () => {
    const pool = await openPool();
    await publishTree(pool, fingerprint, 'old');
    await publishTree(pool, fingerprint, 'new');
    assert.equal(await contentOf(fingerprint), 'old');
    assert.deepEqual((await pool.contents()).builds, []);
  });

  test('a build folder is empty, whatever an earlier build left under its name', async () => {
    const pool = await openPool();
    await writeFile(join(await pool.makeBuildFolder('build-1'), 'left'), '');
    assert.deepEqual((await pool.contents()).builds, ['build-1']);
    await isGone(join(await pool.makeBuildFolder('build-1'), 'left'));
  });

  test('a root disk is empty, looks like the image from its top, and is made once', async () => {
    const pool = await openPool();
    await publishTree(pool, fingerprint);
    await pool.makeRoot(id, fingerprint);
    const { upper, work, lower } = pool.rootLayers(id, fingerprint);
    const [top, base] = await Promise.all([stat(upper), stat(lower[0] ?? '')]);
    assert.deepEqual([top.mode, top.uid, top.gid], [base.mode, base.uid, base.gid]);
    assert.ok((await stat(work)).isDirectory());
    await writeFile(join(upper, 'mine'), 'kept');
    await pool.makeRoot(id, fingerprint);
    assert.equal(await readFile(join(upper, 'mine'), 'utf8'), 'kept');
    assert.deepEqual((await pool.contents()).roots, [id]);
  });

  test('a root disk needs its image', async () => {
    const pool = await openPool();
    await assert.rejects(pool.makeRoot(id, fingerprint), (error) => isFault(error, 'not-found'));
    assert.deepEqual((await pool.contents()).roots, []);
  });

  test('a disk of a virtual machine needs the disk of its image', async () => {
    const pool = await openPool();
    const isMissing = (error: unknown): boolean => isFault(error, 'not-found');
    await assert.rejects(pool.makeBaseDisk(fingerprint, new AbortController().signal), isMissing);
    await assert.rejects(pool.makeDisk(id, fingerprint, 2 ** 30), isMissing);
    assert.deepEqual(await pool.contents(), { roots: [], images: [], builds: [] });
  });

  test('what is removed is gone, and removing it again succeeds', async () => {
    const pool = await openPool();
    await publishTree(pool, fingerprint);
    await pool.makeRoot(id, fingerprint);
    await pool.makeBuildFolder('build-2');
    for (let times = 0; times < 2; times += 1) {
      await pool.removeRoot(id);
      await pool.removeImage(fingerprint);
      await pool.removeBuildFolder('build-2');
    }
    assert.deepEqual(await pool.contents(), { roots: [], images: [], builds: [] });
    await isGone(pool.imageFolder(fingerprint));
  });

  test('a name that leads elsewhere is refused', async () => {
    const pool = await openPool();
    const isInvalid = (error: unknown): boolean => isFault(error, 'invalid');
    for (const name of ['..', '../../etc', '', 'a/b', '-x', 'x\n']) {
      await assert.rejects(pool.removeRoot(name), isInvalid);
      await assert.rejects(pool.removeBuildFolder(name), isInvalid);
      assert.throws(() => pool.imageFolder(name), isInvalid);
    }
  });

  test('space is told in bytes', async () => {
    const { totalBytes, freeBytes } = await (await openPool()).space();
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes);
  });
}
