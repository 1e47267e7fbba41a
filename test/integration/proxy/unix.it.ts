import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { makeHostWithImages } from '../../harness/images.ts';
import type { TestHost } from '../../harness/host.ts';
import { Limited } from '../limits/limited.ts';
import { echo, readAll, Side } from './side.ts';
import { addProxy, clear, local } from './web.ts';

let host: TestHost;
let web: Limited;
let outside: Side;
let inside: Side;
let inRoot: (file: string) => string;

beforeAll(async () => {
  host = await makeHostWithImages('busybox');
  await host.must('launch', 'busybox', 'web');
  web = new Limited(host, 'web');
  const pid = await web.initPid();
  outside = new Side(host.network.path);
  inside = new Side(`/proc/${pid}/ns/net`, statSync(`/proc/${pid}/root/dev/shm`).uid);
  inRoot = (file) => `/proc/${pid}/root${file}`;
});
afterAll(() => host.remove());
afterEach(() => clear(host, outside, inside));

const proxy = (name: string, ...options: string[]) => addProxy(host, name, ...options);

const answerOf = (side: Side, address: Parameters<Side['connect']>[0]): Promise<string> => {
  const client = side.connect(address);
  client.end('salam');
  return readAll(client);
};

test('a socket of the host leads to a port inside, has its owner and rights, and goes with the device', async () => {
  const file = path.join(host.directory, 'web.sock');
  await proxy('file', `listen=unix:${file}`, 'connect=tcp:127.0.0.1:7', 'mode=0660', 'uid=1234', 'gid=567');
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([uid, gid, mode & 0o777], [1234, 567, 0o660]);
  inside.listen(local(7), echo);
  assert.equal(await answerOf(outside, { path: file }), 'salam');
  await host.must('config', 'device', 'remove', 'web', 'file');
  assert.equal(existsSync(file), false);
});

test('a port of the host leads to sockets inside, by path and by name', async () => {
  await proxy('path', 'listen=tcp:127.0.0.1:7001', 'connect=unix:/dev/shm/echo');
  await proxy('name', 'listen=tcp:127.0.0.1:7002', 'connect=unix:@echo');
  inside.listen({ path: inRoot('/dev/shm/echo') }, echo);
  inside.listen({ path: '@echo' }, echo);
  assert.equal(await answerOf(outside, local(7001)), 'salam');
  assert.equal(await answerOf(outside, local(7002)), 'salam');
});

test('no link inside leads to a socket of the host', async () => {
  const file = path.join(host.directory, 'secret.sock');
  outside.listen({ path: file }, echo);
  await web.says(`ln -s ${file} /dev/shm/trap; mkdir -p ${host.directory}`);
  await proxy('trap', 'listen=tcp:127.0.0.1:7003', 'connect=unix:/dev/shm/trap');
  await assert.rejects(answerOf(outside, local(7003)), { code: 'ECONNRESET' });
  await web.says('ln -s /proc/1/root/../../ /dev/shm/up');
  await proxy('up', 'listen=tcp:127.0.0.1:7004', `connect=unix:/dev/shm/up${file}`);
  await assert.rejects(answerOf(outside, local(7004)), { code: 'ECONNRESET' });
});

test('a socket inside leads to one of the host; who owns it is what the inside sees', async () => {
  const file = path.join(host.directory, 'service.sock');
  outside.listen({ path: file }, echo);
  await proxy(
    'service',
    'bind=instance',
    'listen=unix:/root/service.sock',
    `connect=unix:${file}`,
    'uid=1000',
    'gid=100',
    'mode=0600',
  );
  assert.equal(await web.says("stat -c '%F %u %g %a' /root/service.sock"), 'socket 1000 100 600');
  assert.equal(await answerOf(inside, { path: inRoot('/root/service.sock') }), 'salam');
  await host.must('config', 'device', 'remove', 'web', 'service');
  assert.equal((await web.run('test -e /root/service.sock')).status, 1);
});

test('it connects as root, or as the user that it is told, with no right but what that one has', async () => {
  inside.listen({ path: inRoot('/dev/shm/private') }, echo);
  await web.says('chown 1000:1000 /dev/shm/private; chmod 0600 /dev/shm/private');
  const connect = 'connect=unix:/dev/shm/private';
  await proxy('usual', 'listen=tcp:127.0.0.1:7005', connect);
  await proxy('owner', 'listen=tcp:127.0.0.1:7006', connect, 'security.uid=1000', 'security.gid=1000');
  await proxy('other', 'listen=tcp:127.0.0.1:7007', connect, 'security.uid=1001', 'security.gid=1000');
  assert.equal(await answerOf(outside, local(7005)), 'salam');
  assert.equal(await answerOf(outside, local(7006)), 'salam');
  await assert.rejects(answerOf(outside, local(7007)), { code: 'ECONNRESET' });
});

test('a socket that nobody serves any more gives way; one that is served does not, nor does a file', async () => {
  const file = path.join(host.directory, randomBytes(4).toString('hex'));
  const options = [`listen=unix:${file}`, 'connect=tcp:127.0.0.1:7'];
  outside.listen({ path: file }, echo);
  const add = () => host.wadah(['config', 'device', 'add', 'web', 'again', 'proxy', ...options]);
  assert.match((await add()).stderr, /Device "again": unix:\S+ is in use on the host already/);
  outside.close();
  assert.equal((await add()).exitCode, 0);
  await host.must('config', 'device', 'remove', 'web', 'again');
  await web.says(`touch /root/file`);
  const overFile = await host.wadah([
    ...['config', 'device', 'add', 'web', 'again', 'proxy', 'bind=instance'],
    ...['listen=unix:/root/file', 'connect=tcp:127.0.0.1:7'],
  ]);
  assert.match(overFile.stderr, /Device "again": unix:\/root\/file is in use inside already/);
  rmSync(file, { force: true });
});

/** A file system that nobody serves: whoever looks at it waits for as long as the device is open. */
const hang = `mkdir -p /mnt/stuck; exec 5<>/dev/fuse
mount -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0 none /mnt/stuck
sleep 1000 >/dev/null 2>&1 &`;

test('a path inside that never answers holds up nobody', async ({ onTestFinished }) => {
  // Into a file system that belongs to another user namespace the kernel does not let the host look at all.
  await host.must('launch', 'busybox', 'mean', '-c', 'security.privileged=true');
  onTestFinished(async () => void (await host.must('delete', '--force', 'mean')));
  await new Limited(host, 'mean').says(hang);
  const stuck = ['stuck', 'proxy', 'listen=tcp:127.0.0.1:7010', 'connect=unix:/mnt/stuck/socket'];
  await host.must('config', 'device', 'add', 'mean', ...stuck);
  await proxy('fine', 'listen=tcp:127.0.0.1:7011', 'connect=unix:/dev/shm/fine');
  inside.listen({ path: inRoot('/dev/shm/fine') }, echo);
  const waiting = Promise.all(
    Array.from({ length: 20 }, () => assert.rejects(answerOf(outside, local(7010)), { code: 'ECONNRESET' })),
  );
  assert.equal(await answerOf(outside, local(7011)), 'salam');
  await waiting;
  assert.equal(await answerOf(outside, local(7011)), 'salam');
});
