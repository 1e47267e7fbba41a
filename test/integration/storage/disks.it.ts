import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, test } from 'vitest';
import { HostPrograms } from '#host/process/host-programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';
import { isFault } from '#model/fault.ts';

const fingerprint = '0123456789abcdef'.repeat(4);
const id = '0123abcd';
const gibibyte = 2 ** 30;

const programs = new HostPrograms();
const never = new AbortController().signal;
let folder: string;
let pool: DirPool;
beforeEach(async () => {
  folder = await mkdtemp('/var/tmp/wadah-disks-');
  pool = await DirPool.open(join(folder, 'pool'), programs);
  await publish();
});
afterEach(() => rm(folder, { recursive: true }));

/** An image with a bit of everything, and a module of a kernel beside it. */
async function publish(): Promise<void> {
  const build = await pool.makeBuildFolder('build-1');
  const root = join(build, 'rootfs');
  await mkdir(join(root, 'usr/lib/modules'), { recursive: true });
  await mkdir(join(build, 'modules/6.1'), { recursive: true });
  await writeFile(join(build, 'modules/6.1/one.ko'), 'module');
  await writeFile(join(root, 'file'), 'content');
  await programs.run(['chown', '1234:5678', join(root, 'file')]);
  await chmod(join(root, 'file'), 0o4755);
  await link(join(root, 'file'), join(root, 'same'));
  await symlink('/etc/target', join(root, 'link'));
  await pool.publishImage(build, fingerprint);
}

/** What debugfs, which mounts nothing, prints of the image's disk. */
async function inspect(command: string): Promise<string> {
  const { base } = pool.disk(id, fingerprint);
  return (await promisify(execFile)('debugfs', ['-R', command, base])).stdout;
}

test('the disk of an image has its tree with owners, modes and links, and the modules of its kernel', async () => {
  await pool.makeBaseDisk(fingerprint, never);
  const { base, uuid } = pool.disk(id, fingerprint);
  assert.match(await inspect('stat /file'), /Mode: +04755[^]*User: +1234 +Group: +5678[^]*Links: 2/);
  assert.match(await inspect('stat /link'), /Fast link dest: "\/etc\/target"/);
  assert.equal(await inspect('cat /usr/lib/modules/6.1/one.ko'), 'module');
  assert.match(await inspect('stats'), new RegExp(`UUID: +${uuid}`));
  assert.match(uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  await programs.run(['e2fsck', '-fn', base]);
});

test('the image’s own tree is left as it was, and nothing stays mounted', async () => {
  const before = await readdir(pool.imageFolder(fingerprint));
  await pool.makeBaseDisk(fingerprint, never);
  assert.deepEqual(await readdir(join(pool.imageFolder(fingerprint), 'rootfs/usr/lib/modules')), []);
  assert.deepEqual(await readdir(pool.imageFolder(fingerprint)), [...before, 'disk'].sort());
  assert.doesNotMatch(await readFile('/proc/self/mounts', 'utf8'), new RegExp(folder));
});

test('it is made once, also when several ask at the same time', async () => {
  await Promise.all([1, 2, 3].map(() => pool.makeBaseDisk(fingerprint, never)));
  const { base } = pool.disk(id, fingerprint);
  const { ino } = await stat(base);
  await pool.makeBaseDisk(fingerprint, never);
  assert.equal((await stat(base)).ino, ino);
  assert.deepEqual((await pool.contents()).builds, []);
});

test('one that was cancelled leaves nothing, and can be made again', async () => {
  await assert.rejects(pool.makeBaseDisk(fingerprint, AbortSignal.abort()));
  assert.deepEqual((await pool.contents()).builds, []);
  await pool.makeBaseDisk(fingerprint, never);
});

test('a disk of a virtual machine stands on it, copies nothing and is made once', async () => {
  await pool.makeBaseDisk(fingerprint, never);
  await pool.makeDisk(id, fingerprint, 20 * gibibyte);
  const { path } = pool.disk(id, fingerprint);
  const told = await programs.run(['qemu-img', 'info', '--output=json', '--backing-chain', path]);
  const [top, below] = JSON.parse(told.stdout) as Record<string, unknown>[];
  assert.equal(top?.['virtual-size'], 20 * gibibyte);
  assert.equal(below?.['format'], 'raw');
  assert.ok((await stat(path)).blocks * 512 < 2 ** 20);
  const { amounts, abilities } = await pool.rootUsage(id, { isWhole: false });
  assert.equal(amounts.disk?.limit, 20 * gibibyte);
  assert.equal(amounts.disk.held, (await stat(path)).blocks * 512);
  assert.equal(abilities.disk?.ability, 'limited');
  const { ino } = await stat(path);
  await pool.makeDisk(id, fingerprint, 30 * gibibyte);
  assert.equal((await stat(path)).ino, ino);
  assert.deepEqual((await pool.contents()).roots, [id]);
});

test('it cannot be smaller than what it stands on, and the refusal says how large that is', async () => {
  await pool.makeBaseDisk(fingerprint, never);
  await assert.rejects(
    pool.makeDisk(id, fingerprint, 2 ** 20),
    (error) => isFault(error, 'invalid') && /at least [\d.]+MiB/.test(error.hint ?? ''),
  );
});

test('removing the image removes its disk, removing the root that of the virtual machine', async () => {
  await pool.makeBaseDisk(fingerprint, never);
  await pool.makeDisk(id, fingerprint, gibibyte);
  const { path, base } = pool.disk(id, fingerprint);
  await pool.removeRoot(id);
  await pool.removeImage(fingerprint);
  for (const gone of [path, base]) await assert.rejects(stat(gone), { code: 'ENOENT' });
});
