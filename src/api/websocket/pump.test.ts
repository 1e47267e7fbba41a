import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { Recordings } from '../recordings.ts';
import { receiveAll, sendAll } from './pump.ts';
import { SessionSockets } from './session-sockets.ts';

/** A websocket whose other side does not read. */
class StuckSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;

  send(data: Buffer | string): void {
    this.bufferedAmount += data.length;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

const asSocket = (socket: StuckSocket): WebSocket => socket as unknown as WebSocket;
const chunk = Buffer.alloc(16 * 1024);

/** Lets everything happen that is ready to. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await turn();
}

test('a program waits when nobody reads what it writes', async () => {
  const socket = new StuckSocket();
  const source = new PassThrough();
  const sent = sendAll(source, asSocket(socket));
  let written = 0;
  while (written < 100 && source.write(chunk)) {
    written += 1;
    await settle();
  }
  expect(written).toBeLessThan(40);
  expect(socket.bufferedAmount).toBeLessThan(512 * 1024);
  socket.emit('close');
  await sent;
  expect(source.destroyed).toBe(true);
});

test('a client waits when the program does not read', async () => {
  const socket = new StuckSocket();
  let goOn = (): void => {};
  const sink = new Writable({
    write: (_chunk, _encoding, done) => {
      goOn = done;
    },
  });
  receiveAll(asSocket(socket), sink);
  socket.emit('message', chunk, true);
  expect(socket.isPaused).toBe(true);
  goOn();
  await settle();
  expect(socket.isPaused).toBe(false);
});

test('input for a program that has closed it is read and dropped', async () => {
  const socket = new StuckSocket();
  const sink = new PassThrough();
  receiveAll(asSocket(socket), sink);
  sink.destroy(new Error('EPIPE'));
  await settle();
  socket.emit('message', chunk, true);
  expect(socket.isPaused).toBe(false);
});

test('a session to which nobody connects is given up', async () => {
  const sockets = new SessionSockets(['0', 'control']);
  const { signal } = new AbortController();
  await expect(sockets.connected(['0'], 1, signal)).rejects.toMatchObject({ code: 'timed-out' });
});

test('a recording is bounded, and the oldest ones go first', async () => {
  const recordings = new Recordings();
  const mebibyte = Buffer.alloc(2 ** 20);
  for (let index = 0; index < 20; index += 1) {
    const source = new PassThrough();
    source.end(Buffer.concat([mebibyte, Buffer.from('more')]));
    await recordings.record('id', `file${index}`, source);
  }
  expect(recordings.list('id')).toHaveLength(16);
  expect(recordings.find('id', 'file3')).toBeUndefined();
  expect(recordings.find('id', 'file19')).toHaveLength(2 ** 20);
  expect(recordings.list('other')).toEqual([]);
});
