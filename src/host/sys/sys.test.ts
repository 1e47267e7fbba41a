import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterEach, beforeEach, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { check, libcFunction, systemErrorCode } from './libc.ts';
import { tryLock } from './locks.ts';
import { unmount } from './mounts.ts';
import { openWithin, openWithinSync } from './open-within.ts';
import { openPidfd, reap, signalPidfd } from './processes.ts';
import { onReadable } from './readable.ts';
import {
  acceptConnection,
  bindDatagramSocket,
  listenStreamSocket,
  MessageHeader,
  receiveMessage,
  socketAddress,
} from './unix-sockets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp('/tmp/wadah-sys-');
});
afterEach(() => rm(folder, { recursive: true }));

function withFd<T>(fd: number, work: (fd: number) => T): T {
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

const read = (fd: number): string =>
  withFd(fd, () => {
    const buffer = Buffer.alloc(100);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  });

test('a refused call is a host fault that names the call, the object and the error', async () => {
  await assert.rejects(unmount(`${folder}/nothing`), (error) => {
    assert.ok(isFault(error, 'host'));
    assert.match(error.message, /^umount2 .*nothing: .+ \((ENOENT|EPERM)\)$/);
    assert.match(systemErrorCode(error) ?? '', /^(ENOENT|EPERM)$/);
    return true;
  });
});

test('a process that is not our child cannot be reaped, and no other child is taken instead', () => {
  assert.equal(reap(1), 'not-a-child');
  assert.throws(() => reap(-1));
  assert.throws(() => reap(0));
});

test('a signal through a pidfd reaches the process, and later ones say that it has ended', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const pidfd = openPidfd(child.pid ?? 0);
  assert.equal(reap(child.pid ?? 0), 'running');
  assert.equal(signalPidfd(pidfd, 0), true); // signal 0 asks only
  assert.equal(signalPidfd(pidfd, 15), true);
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGTERM');
  assert.equal(signalPidfd(pidfd, 15), false);
  closeSync(pidfd);
});

test('a lock is held once, and free again when its descriptor is closed', () => {
  const path = join(folder, 'lock');
  const first = openSync(path, 'a');
  const second = openSync(path, 'a');
  assert.equal(tryLock(first), true);
  assert.equal(tryLock(second), false);
  closeSync(first);
  assert.equal(tryLock(second), true);
  closeSync(second);
});

test('a path within a folder never leads out of it', async () => {
  await mkdir(join(folder, 'root/etc'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'host');
  await writeFile(join(folder, 'root/secret'), 'guest');
  await symlink('/secret', join(folder, 'root/absolute'));
  await symlink('../../../secret', join(folder, 'root/etc/up'));
  const root = openSync(join(folder, 'root'), 'r');
  try {
    for (const path of ['absolute', 'etc/up', '../../secret', '/secret']) {
      assert.equal(read(await openWithin({ folder: root, path, how: 'in-root' })), 'guest', path);
    }
    for (const path of ['absolute', 'etc/up', '../secret']) {
      const refused = openWithin({ folder: root, path, how: 'beneath' });
      await assert.rejects(refused, (error) => systemErrorCode(error) === 'EXDEV');
    }
    const link = { folder: root, path: 'absolute', how: 'no-links' } as const;
    assert.throws(
      () => openWithinSync(link),
      (error) => systemErrorCode(error) === 'ELOOP',
    );
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    closeSync(openWithinSync({ folder: root, path: 'etc/new', how: 'in-root', flags, mode: 0o600 }));
    assert.equal(read(openSync(join(folder, 'root/etc/new'), 'r')), '');
  } finally {
    closeSync(root);
  }
});

test('a datagram is announced without a waiting thread, and the kernel tells who sent it', async () => {
  const path = join(folder, 'notify');
  const fd = bindDatagramSocket(path);
  assert.equal(receiveMessage(fd), undefined);
  let stop = (): void => {};
  const arrived = new Promise<{ text: string; pid: number | undefined }>((resolve) => {
    stop = onReadable(fd, () => {
      const message = receiveMessage(fd);
      if (message) resolve({ text: message.data.toString(), pid: message.sender?.pid });
    }).stop;
  });
  sendDatagram(path, 'READY=1\n');
  assert.deepEqual(await arrived, { text: 'READY=1\n', pid: process.pid });
  stop();
  closeSync(fd);
});

// Node can neither send a datagram to a unix socket nor pass a descriptor.
const socket = libcFunction('socket', 'int', ['int', 'int', 'int']);
const connectTo = libcFunction('connect', 'int', ['int', 'void*', 'uint32']);
const send = libcFunction('send', 'long', ['int', 'str', 'size_t', 'int']);
const sendmsg = libcFunction('sendmsg', 'long', ['int', koffi.pointer(MessageHeader), 'int']);

function connected(path: string, type: number): number {
  const fd = socket(1, type, 0);
  const address = socketAddress(path);
  check('connect', path, connectTo(fd, address, address.length));
  return fd;
}

const sendDatagram = (path: string, text: string): void =>
  withFd(connected(path, 2), (fd) => void check('send', path, send(fd, text, text.length, 0)));

/** Sends the descriptor with the text `tty`, as crun does, and hangs up. */
const sendDescriptor = (path: string, descriptor: number): void =>
  withFd(connected(path, 1), (fd) => {
    const control = Buffer.alloc(24);
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(1, 8);
    control.writeInt32LE(1, 12);
    control.writeInt32LE(descriptor, 16);
    const data = Buffer.from('tty');
    const vectors = [{ base: data, length: data.length }];
    const parts = {
      name: null,
      nameLength: 0,
      vectors,
      vectorCount: 1,
      control,
      controlLength: 24,
      flags: 0,
    };
    check('sendmsg', path, sendmsg(fd, parts, 0));
  });

test('what was sent before anybody watched is announced as well', async () => {
  const path = join(folder, 'early');
  const fd = bindDatagramSocket(path);
  sendDatagram(path, 'READY=1\n');
  await new Promise<void>((resolve) => {
    const watch = onReadable(fd, () => {
      if (!receiveMessage(fd)) return;
      watch.stop();
      resolve();
    });
  });
  closeSync(fd);
});

test('a descriptor that comes over a stream socket can be used', async () => {
  const path = join(folder, 'console');
  const listener = listenStreamSocket(path);
  assert.equal(acceptConnection(listener), undefined);
  const accepted = readableOnce(listener, () => acceptConnection(listener));
  withFd(openSync('/dev/zero', 'r'), (zero) => sendDescriptor(path, zero));
  const connection = await accepted;
  const message = await readableOnce(connection, () => receiveMessage(connection));
  assert.equal(message.data.toString(), 'tty');
  const [zero] = message.descriptors;
  assert.equal(read(zero ?? -1), '\0'.repeat(100));
  assert.equal(receiveMessage(connection)?.data.length, 0, 'end of stream');
  closeSync(connection);
  closeSync(listener);
});

function readableOnce<T>(fd: number, read: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const watch = onReadable(fd, () => {
      const value = read();
      if (value === undefined) return;
      watch.stop();
      resolve(value);
    });
  });
}

test('a socket path that is too long is refused before the kernel cuts it', () => {
  assert.throws(() => bindDatagramSocket(join(folder, 'x'.repeat(100))), { code: 'invalid' });
});

test('a listening socket of ours is an ordinary one to Node', async () => {
  const path = join(folder, 'plain');
  const listener = listenStreamSocket(path);
  const client = connect(path);
  await once(client, 'connect');
  client.destroy();
  closeSync(listener);
});
