import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readdir, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, test } from 'vitest';
import { TestHost } from '../../harness/host.ts';
import { TestNetwork } from '../../harness/netns.ts';

let folder: string;
let host: TestHost;

const mountPoint = (): string => path.join(folder, 'mnt');
const state = (): string => path.join(mountPoint(), 'state');
const junk = (): string => path.join(mountPoint(), 'junk');

/** A daemon whose state directory, and log, lie on a small disk. */
beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/wadah-full-');
  const disk = path.join(folder, 'disk');
  await (await open(disk, 'w')).close();
  await truncate(disk, 160 * 2 ** 20);
  await execa('mkfs.ext4', ['-q', '-m', '0', disk]);
  await mkdir(mountPoint());
  await execa('mount', ['-o', 'loop', disk, mountPoint()]);
  await mkdir(state());
  host = new TestHost(state(), await TestNetwork.make());
  await host.startDaemon();
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'kept');
  await host.must('launch', 'busybox', 'doomed');
  await host.must('exec', 'kept', '--', 'sh', '-c', 'echo precious > /file');
});
afterAll(async () => {
  await rm(junk(), { force: true });
  await host.remove();
  await execa('umount', [mountPoint()]);
  await rm(folder, { recursive: true });
});

/** Takes the last block of the disk. */
async function fill(): Promise<void> {
  const file = await open(junk(), 'a');
  try {
    for (;;) await file.write(Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    await file.close();
  }
}

/** Whether it was refused, which then must be in words. */
async function isRefused(...args: string[]): Promise<boolean> {
  const { exitCode, stderr } = await host.wadah(args);
  if (exitCode === 0) return false;
  assert.match(stderr, /Error: .*(disk is full|free|room)/i);
  assert.match(stderr, /Hint: /);
  return true;
}

const inPool = (part: string): Promise<string[]> => readdir(path.join(state(), 'pool', part));
const names = (): Promise<string> => host.must('list', '--format', 'csv', '-c', 'n');

test('on a full disk a launch is refused with words, and nothing half-made stays', async () => {
  const before = await inPool('roots');
  await fill();
  assert.ok(await isRefused('launch', 'busybox', 'late'));
  assert.equal(await names(), 'doomed\nkept');
  assert.deepEqual(await inPool('roots'), before);
});

test('on a full disk a change, or an image, is either there or refused with words', async () => {
  await fill();
  const isOld = await isRefused('config', 'set', 'kept', 'user.note=new');
  assert.equal(await host.must('config', 'get', 'kept', 'user.note'), isOld ? '' : 'new');
  const before = await inPool('images');
  await fill();
  await isRefused('image', 'build', 'busybox', '--quiet'); // where it fits into room that something else left, it may
  assert.deepEqual(await inPool('images'), before);
  assert.deepEqual(await inPool('builds'), []);
});

test('on a full disk an instance is stopped, the daemon comes back after its death, and deleting makes room', async () => {
  await fill();
  await host.must('stop', '--force', 'doomed'); // it gives the reserve
  await host.killAndRestartDaemon();
  assert.equal(await host.must('exec', 'kept', '--', 'cat', '/file'), 'precious');
  await host.must('delete', 'doomed');
  assert.equal(await names(), 'kept');
  assert.equal((await inPool('roots')).length, 1);
});

test('once there is room again everything goes on as before', async () => {
  await rm(junk());
  await host.must('launch', 'busybox', 'late');
  await host.must('stop', '--force', 'kept');
  await host.must('start', 'kept');
  assert.equal(await host.must('exec', 'kept', '--', 'cat', '/file'), 'precious');
});
