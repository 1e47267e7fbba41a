import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Client } from './client.ts';
import { openEvents } from './events.ts';
import { FakeDaemon, fakeOperation } from './fake-daemon.ts';
import { finishExec, openExec } from './sessions.ts';

const begun = fakeOperation({
  class: 'websocket',
  status: 'Running',
  status_code: 103,
  metadata: { fds: { 0: 'in', 1: 'out', 2: 'err', control: 'ctl' } },
});

/** A daemon that begins an exec, and hands over the server's ends of its streams. */
async function execDaemon() {
  const daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances/web1/exec', { operation: begun });
  const connected = (secret: string) =>
    new Promise<WebSocket>((resolve) => {
      daemon.onSocket(`/1.0/operations/${begun.id}/websocket?secret=${secret}`, resolve);
    });
  const sockets = {
    in: connected('in'),
    out: connected('out'),
    err: connected('err'),
    ctl: connected('ctl'),
  };
  return { daemon, sockets };
}

const open = (daemon: FakeDaemon) => openExec(new Client(daemon.socket), 'web1', { command: ['cat'] });

/** Everything that arrives up to the empty text frame. */
function received(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (!isBinary && bytes.length === 0) resolve(text);
      text += bytes.toString();
    });
  });
}

test('an exec asks for websockets and connects every stream that it is given', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  await Promise.all(Object.values(sockets));
  expect(Object.keys(session.streams)).toEqual(['0', '1', '2']);
  expect(JSON.parse(daemon.requests[0]?.body ?? '')).toEqual({
    command: ['cat'],
    'wait-for-websocket': true,
  });
  session.close();
});

test('the end of standard input is an empty text frame after the last byte', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  const text = received(await sockets.in);
  await session.streams['0']?.sendFrom(Readable.from([Buffer.from('hel'), Buffer.from('lo')]));
  expect(await text).toBe('hello');
  session.close();
});

test('output ends at the empty text frame, and nothing before it is lost', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const opening = open(daemon);
  const out = await sockets.out;
  // Sent before anybody listens.
  out.send(Buffer.from('early '), { binary: true });
  const session = await opening;
  const sink = new PassThrough();
  const receiving = session.streams['1']?.receiveInto(sink);
  out.send(Buffer.from('late'), { binary: true });
  out.send('');
  await receiving;
  expect(String(sink.read())).toBe('early late');
  session.close();
});

test('a stream that breaks off before its end is not taken for a whole one', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  const receiving = session.streams['1']?.receiveInto(new PassThrough());
  (await sockets.out).terminate();
  await expect(receiving).rejects.toMatchObject({ code: 'unavailable' });
  session.close();
});

test('why a program could not be run is told, although its streams break off first', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const fault = { code: 'wrong-state', message: 'Cannot exec "web1": it is stopping' } as const;
  daemon.on(`GET /1.0/operations/${begun.id}/wait`, async () => {
    (await sockets.out).close(1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const over = { status: 'Failure', status_code: 400, err: fault.message } as const;
    return { metadata: fakeOperation({ ...over, wadah: { kind: 'session.exec', fault } }) };
  });
  const client = new Client(daemon.socket);
  const session = await open(daemon);
  await expect(finishExec(client, session, { 1: new PassThrough() })).rejects.toMatchObject(fault);
  session.close();
});

test('a slow reader slows the sender down instead of filling our memory', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  const out = await sockets.out;
  let taken = 0;
  const waiting: (() => void)[] = [];
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      waiting.push(done);
    },
  });
  const receiving = session.streams['1']?.receiveInto(slow);
  const megabyte = Buffer.alloc(2 ** 20);
  const count = 24;
  for (let sent = 0; sent < count; sent += 1) out.send(megabyte, { binary: true });
  out.send('');
  await expect.poll(() => taken).toBeGreaterThan(0);
  // One in our hands, some in the kernel; the rest has not left the sender.
  expect(out.bufferedAmount).toBeGreaterThan(10 * megabyte.length);
  for (let done = waiting.shift(); taken < count * megabyte.length; done = waiting.shift()) {
    done?.();
    await new Promise(setImmediate);
  }
  waiting.shift()?.();
  await receiving;
  expect(taken).toBe(count * megabyte.length);
  session.close();
});

test('sizes are sent as texts and signals as numbers, as the protocol has them', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  const control = await sockets.ctl;
  const messages: unknown[] = [];
  control.on('message', (text: Buffer) => messages.push(JSON.parse(text.toString())));
  session.resize({ columns: 120, rows: 40 });
  session.signal(15);
  await expect.poll(() => messages.length).toBe(2);
  expect(messages).toEqual([
    { command: 'window-resize', args: { width: '120', height: '40' } },
    { command: 'signal', signal: 15 },
  ]);
  session.close();
});

test('closing a session closes its control stream normally', async () => {
  const { daemon, sockets } = await execDaemon();
  await using _ = daemon;
  const session = await open(daemon);
  const closed = once(await sockets.ctl, 'close');
  session.close();
  expect((await closed)[0]).toBe(1000);
});

test('a websocket that is refused throws instead of hanging', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.on('POST /1.0/instances/web1/exec', { operation: begun });
  await expect(open(daemon)).rejects.toMatchObject({ code: 'forbidden' });
});

test('events arrive in order, from the moment at which the stream is open', async () => {
  await using daemon = await FakeDaemon.start();
  const event = (action: string) => JSON.stringify({ type: 'lifecycle', metadata: { action } });
  daemon.onSocket('/1.0/events?type=lifecycle', (socket) => {
    socket.send(event('first'));
    socket.send(event('second'));
    socket.close();
  });
  const actions: string[] = [];
  for await (const { type, metadata } of await openEvents(new Client(daemon.socket), ['lifecycle'])) {
    if (type === 'lifecycle') actions.push(metadata.action);
  }
  expect(actions).toEqual(['first', 'second']);
});
