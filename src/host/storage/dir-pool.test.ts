import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { HostPrograms } from '../process/host-programs.ts';
import { DirPool } from './dir-pool.ts';
import { poolSuite, publishTree } from './pool-suite.ts';
import { Reserve } from './reserve.ts';

const fingerprint = 'a'.repeat(64);
const id = '0123abcd';
const reserveBytes = 512 * 1024;

const programs = new HostPrograms();
let scratch: string;
let folder: string;
beforeEach(async () => {
  scratch = await mkdtemp('/tmp/wadah-pool-');
  folder = join(scratch, 'pool');
});
afterEach(() => rm(scratch, { recursive: true }));

const openPool = (): Promise<DirPool> => DirPool.open(folder, programs, { reserveBytes });

describe('a pool in a directory', () => {
  poolSuite(openPool);

  test('lets nobody but its owner in', async () => {
    await openPool();
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  test('deletes what Node cannot: names that are no UTF-8, paths past PATH_MAX, names like options', async () => {
    const pool = await openPool();
    await publishTree(pool, fingerprint);
    await pool.makeRoot(id, fingerprint);
    const { upper } = pool.rootLayers(id, fingerprint);
    const script = `
      cd "$0"; touch -- "$(printf 'bytes\\377')" -rf "$(printf 'two\\nlines')"
      deep=$(printf 'd%.0s' $(seq 250)); for i in $(seq 20); do mkdir $deep; cd $deep; done`;
    execFileSync('bash', ['-ec', script, upper]);
    await pool.removeRoot(id);
    assert.deepEqual(await readdir(join(folder, 'trash')), []);
  });

  test('deletes links, never what they point to', async () => {
    const pool = await openPool();
    await publishTree(pool, fingerprint);
    await pool.makeRoot(id, fingerprint);
    const outside = join(scratch, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), 'kept');
    const { upper } = pool.rootLayers(id, fingerprint);
    await symlink(outside, join(upper, 'folder'));
    await symlink(join(outside, 'precious'), join(upper, 'file'));
    await pool.removeRoot(id);
    assert.equal(await readFile(join(outside, 'precious'), 'utf8'), 'kept');
  });

  test('what a crash left in the trash is deleted later', async () => {
    const pool = await openPool();
    await mkdir(join(folder, 'trash/half/deep'), { recursive: true });
    await writeFile(join(folder, 'trash/half/deep/file'), '');
    await pool.clearTrash();
    assert.deepEqual(await readdir(join(folder, 'trash')), []);
  });

  test('a tree whose name is no fingerprint or id belongs to nobody and is not told', async () => {
    const pool = await openPool();
    await mkdir(join(folder, 'images/lost+found'));
    await mkdir(join(folder, 'roots/lost+found'));
    assert.deepEqual(await pool.contents(), { roots: [], images: [], builds: [] });
  });
});

describe('the reserve', () => {
  const reserveWith = (freeBytes: number) => {
    const path = join(scratch, 'reserve');
    const space = { freeBytes };
    const options = { path, sizeBytes: reserveBytes, freeBytes: async () => space.freeBytes };
    return { path, space, reserve: new Reserve(options) };
  };
  const sizeOf = async (path: string): Promise<number> => (await stat(path)).blocks * 512;

  test('is there after opening a pool, allocated on the disk', async () => {
    await openPool();
    assert.ok((await sizeOf(join(folder, 'reserve'))) >= reserveBytes);
  });

  test('is given up on a full disk and only there', async () => {
    const { path, space, reserve } = reserveWith(2 ** 40);
    await reserve.take();
    assert.equal(await reserve.borrow(), undefined);
    assert.equal(await sizeOf(path), reserveBytes);
    space.freeBytes = reserveBytes - 1;
    await reserve.borrow();
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  test('is there again, as much of it as is left, when the last one who borrowed it is done', async () => {
    const { path, space, reserve } = reserveWith(2 ** 40);
    await reserve.take();
    space.freeBytes = 0;
    const giveBack = await reserve.borrow();
    space.freeBytes = reserveBytes;
    const giveBackToo = await reserve.borrow();
    await giveBack?.();
    await assert.rejects(stat(path), { code: 'ENOENT' });
    space.freeBytes = reserveBytes / 2;
    await giveBackToo?.();
    const keptBytes = await sizeOf(path);
    assert.ok(keptBytes > 0 && keptBytes < reserveBytes / 2);
    await (await reserve.borrow())?.();
    assert.equal(await sizeOf(path), keptBytes);
  });

  test('is not taken again while that would fill the disk', async () => {
    const { path, reserve } = reserveWith(4 * reserveBytes - 1);
    await reserve.take();
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  test('comes back with the first removal', async () => {
    const pool = await openPool();
    await rm(join(folder, 'reserve'));
    await pool.makeBuildFolder('build-1');
    await pool.removeBuildFolder('build-1');
    assert.ok((await sizeOf(join(folder, 'reserve'))) >= reserveBytes);
  });
});
