import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';

const fingerprint = 'a'.repeat(64);
const id = '0123abcd';
const mebibyte = 1024 * 1024;

const programs = new HostPrograms();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp('/var/tmp/wadah-pool-');
});
afterEach(() => rm(folder, { recursive: true }));

async function makeDisk(pool: DirPool): Promise<{ lower: string; upper: string; work: string }> {
  const build = await pool.makeBuildFolder('build-1');
  await mkdir(join(build, 'rootfs/etc'), { recursive: true });
  await writeFile(join(build, 'rootfs/etc/file'), 'of the image');
  await pool.publishImage(build, fingerprint);
  await pool.makeRoot(id, fingerprint);
  const { lower, upper, work } = pool.rootLayers(id, fingerprint);
  return { lower: lower[0] ?? '', upper, work };
}

/** Mounts a file system at `point` while `work` runs. */
async function mounted(options: string[], point: string, work: () => Promise<void>): Promise<void> {
  await mkdir(point, { recursive: true });
  await programs.run(['mount', ...options, point]);
  try {
    await work();
  } finally {
    await programs.run(['umount', point]);
  }
}

const trash = (): Promise<string[]> => readdir(join(folder, 'pool/trash'));

test('a root disk that was used is deleted with its whiteouts and closed work folders', async () => {
  const pool = await DirPool.open(join(folder, 'pool'), programs);
  const { lower, upper, work } = await makeDisk(pool);
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},index=on,nfs_export=on`;
  await mounted(['-t', 'overlay', 'overlay', '-o', options], join(folder, 'mnt'), async () => {
    await rm(join(folder, 'mnt/etc/file'));
    await writeFile(join(folder, 'mnt/mine'), 'written');
  });
  assert.equal((await stat(join(work, 'work'))).mode & 0o777, 0);
  assert.ok((await stat(join(upper, 'etc/file'))).isCharacterDevice());
  await pool.removeRoot(id);
  assert.deepEqual(await trash(), []);
  assert.equal(await readFile(join(lower, 'etc/file'), 'utf8'), 'of the image');
});

test('deleting stops at a file system that is still mounted in the tree', async () => {
  const pool = await DirPool.open(join(folder, 'pool'), programs);
  const { upper } = await makeDisk(pool);
  await mkdir(join(upper, 'volume'));
  const volume = join(folder, 'volume');
  await mounted(['-t', 'tmpfs', 'tmpfs'], volume, async () => {
    await writeFile(join(volume, 'precious'), 'kept');
    await programs.run(['mount', '--bind', volume, join(upper, 'volume')]);
    await assert.rejects(pool.removeRoot(id), { code: 'host' });
    assert.equal(await readFile(join(volume, 'precious'), 'utf8'), 'kept');
    const [doomed = ''] = await trash();
    await programs.run(['umount', join(folder, 'pool/trash', doomed, 'upper/volume')]);
  });
  await pool.clearTrash();
  assert.deepEqual(await trash(), []);
});

test('on a full disk, making room lets a delete write its journal, and the reserve comes back after it', async () => {
  const place = join(folder, 'pool');
  await mounted(['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs'], place, async () => {
    const pool = await DirPool.open(place, programs, { reserveBytes: 2 * mebibyte });
    const { upper } = await makeDisk(pool);
    const journal = join(place, 'journal');
    await assert.rejects(writeFile(join(upper, 'filler'), Buffer.alloc(32 * mebibyte)), { code: 'ENOSPC' });
    await assert.rejects(writeFile(journal, Buffer.alloc(mebibyte)), { code: 'ENOSPC' });
    const giveBack = await pool.borrowReserve();
    await writeFile(journal, Buffer.alloc(mebibyte));
    await pool.removeRoot(id);
    await giveBack?.();
    assert.equal((await stat(join(place, 'reserve'))).size, 2 * mebibyte);
  });
});
