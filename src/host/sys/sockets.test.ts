import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { systemErrorCode } from './libc.ts';
import { bindDatagram, connectStream, listenStream, openDatagram, type SocketAddress } from './sockets.ts';
import { listenStreamSocket } from './unix-sockets.ts';

const folder = mkdtempSync(join(tmpdir(), 'wadah-sockets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The port that the kernel has chosen for a descriptor that listens. */
async function greetAt(fd: number): Promise<{ port: number; close(): void }> {
  const server = createServer((connection) => connection.end('salam')).listen({ fd });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => server.close(),
  };
}

async function hear(address: SocketAddress): Promise<string> {
  const socket = new Socket({ fd: connectStream(address) ?? -1 });
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}

test.for(['127.0.0.1', '::1'])('a stream socket at %s listens, and is connected to', async (host) => {
  const { port, close } = await greetAt(listenStream({ host, port: 0 }));
  assert.equal(await hear({ host, port }), 'salam');
  assert.throws(
    () => listenStream({ host, port }),
    (error) => systemErrorCode(error) === 'EADDRINUSE',
  );
  close();
  await assert.rejects(hear({ host, port }), { code: 'ECONNREFUSED' });
});

test('so does one with a path, and one with a name in no file system', async () => {
  for (const path of [join(folder, 'socket'), `@wadah-test-${process.pid}`]) {
    const { close } = await greetAt(listenStream({ path }));
    assert.equal(await hear({ path }), 'salam');
    close();
  }
});

test('a queue that is full is no failure', () => {
  const path = join(folder, 'full');
  const listener = listenStreamSocket(path); // its queue is short
  const opened: number[] = [];
  let next = connectStream({ path });
  while (next !== undefined && opened.length < 100) {
    opened.push(next);
    next = connectStream({ path });
  }
  for (const fd of [...opened, listener]) closeSync(fd);
  assert.equal(next, undefined);
});

test('datagrams are received and sent through descriptors that Node takes over', async () => {
  const receiver = createSocket('udp4').bind({ fd: bindDatagram({ host: '127.0.0.1', port: 0 }) });
  const { port } = receiver.address();
  const sender = createSocket('udp4').bind({ fd: openDatagram({ host: '127.0.0.1', port }) });
  const heard = once(receiver, 'message');
  sender.send('salam', port, '127.0.0.1');
  assert.equal(String((await heard)[0]), 'salam');
  receiver.close();
  sender.close();
});
