import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { TestHost } from '../../harness/host.ts';
import { TestNetwork } from '../../harness/netns.ts';
import { SmallDisk } from '../../harness/small-disk.ts';

let disk: SmallDisk;
let host: TestHost;

/** A daemon whose state directory, and log, lie on a small disk. */
beforeAll(async () => {
  disk = await SmallDisk.make(160 * 2 ** 20);
  host = new TestHost(disk.stateFolder, await TestNetwork.make());
  await host.startDaemon();
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'kept');
  await host.must('launch', 'busybox', 'doomed');
  await host.must('exec', 'kept', '--', 'sh', '-c', 'echo precious > /file');
});
afterAll(async () => {
  await disk.makeRoom();
  await host.remove();
  await disk.remove();
});

/** Whether it was refused, which then must be in words. */
async function isRefused(...args: string[]): Promise<boolean> {
  const { exitCode, stderr } = await host.wadah(args);
  if (exitCode === 0) return false;
  assert.match(stderr, /Error: .*(disk is full|free|room)/i);
  assert.match(stderr, /Hint: /);
  return true;
}

const inPool = (part: string): Promise<string[]> => readdir(path.join(host.directory, 'pool', part));
const names = (): Promise<string> => host.must('list', '--format', 'csv', '-c', 'n');

test('on a full disk a launch is refused with words, and nothing half-made stays', async () => {
  const before = await inPool('roots');
  disk.fill();
  assert.ok(await isRefused('launch', 'busybox', 'late'));
  assert.equal(await names(), 'doomed\nkept');
  assert.deepEqual(await inPool('roots'), before);
});

test('on a full disk a change, or an image, is either there or refused with words', async () => {
  disk.fill();
  const isOld = await isRefused('config', 'set', 'kept', 'user.note=new');
  assert.equal(await host.must('config', 'get', 'kept', 'user.note'), isOld ? '' : 'new');
  const before = await inPool('images');
  disk.fill();
  await isRefused('image', 'build', 'busybox', '--quiet'); // where it fits into room that something else left, it may
  assert.deepEqual(await inPool('images'), before);
  assert.deepEqual(await inPool('builds'), []);
});

test('on a full disk an instance is stopped, the daemon comes back after its death, and deleting makes room', async () => {
  disk.fill();
  await host.must('stop', '--force', 'doomed'); // it gives the reserve
  await host.killAndRestartDaemon();
  assert.equal(await host.must('exec', 'kept', '--', 'cat', '/file'), 'precious');
  await host.must('delete', 'doomed');
  assert.equal(await names(), 'kept');
  assert.equal((await inPool('roots')).length, 1);
});

test('once there is room again everything goes on as before', async () => {
  await disk.makeRoom();
  await host.must('launch', 'busybox', 'late');
  await host.must('stop', '--force', 'kept');
  await host.must('start', 'kept');
  assert.equal(await host.must('exec', 'kept', '--', 'cat', '/file'), 'precious');
});
