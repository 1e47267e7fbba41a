import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { EventBody } from '#model/event.ts';
import type { Api } from '../api.ts';
import { type FakeServices, fakeApi } from '../testing/fake-services.ts';
import { UnixClient } from '../testing/unix-client.ts';

let api: Api;
let services: FakeServices;
let client: UnixClient;

beforeEach(async () => {
  ({ api, services } = fakeApi());
  client = await UnixClient.inTemporaryFolder();
  await api.listen(client.socketPath);
});
afterEach(async () => {
  await api.close();
  await client[Symbol.asyncDispose]();
});

const deleted: EventBody = {
  type: 'lifecycle',
  action: 'instance-deleted',
  source: '/1.0/instances/c1',
  context: {},
};

/** The next events, as many as asked for. */
function collect(socket: WebSocket, count: number): Promise<{ type: string; metadata: object }[]> {
  const events: { type: string; metadata: object }[] = [];
  return new Promise((resolve) => {
    socket.on('message', (data: Buffer) => {
      events.push(JSON.parse(data.toString()));
      if (events.length === count) resolve(events);
    });
  });
}

test('whoever is connected before a request sees the operation from its first moment to its end', async () => {
  const socket = await client.websocket('/1.0/events');
  const seen = collect(socket, 2);
  const source = { type: 'image', alias: 'busybox' };
  const { id } = await client.operation('POST', '/1.0/instances', { name: 'c1', source });
  expect(await seen).toMatchObject([
    { type: 'operation', project: 'default', location: 'none', metadata: { id, status_code: 103 } },
    { type: 'operation', metadata: { id, status_code: 200 } },
  ]);
});

test('a client gets the types that it asks for', async () => {
  const socket = await client.websocket('/1.0/events?type=lifecycle,logging');
  const seen = collect(socket, 2);
  await client.operation('PUT', '/1.0/instances', { state: { action: 'stop' } });
  services.events.publish('default', deleted);
  services.events.publish('default', { type: 'logging', level: 'info', message: 'hello', context: {} });
  const { type, ...metadata } = deleted;
  expect(await seen).toMatchObject([
    { type, metadata },
    { type: 'logging', metadata: { level: 'info', message: 'hello' } },
  ]);
});

test('an unknown type is refused', async () => {
  await expect(client.websocket('/1.0/events?type=gossip')).rejects.toThrow('HTTP 400');
});

test('the first ping comes at once', async () => {
  const [payload] = await once(client.connect('/1.0/events'), 'ping');
  expect(String(payload)).toBe('keepalive');
});

test('a client that does not read is dropped, and the others are not', async () => {
  const [slow, quick] = [await client.websocket('/1.0/events'), await client.websocket('/1.0/events')];
  slow.pause();
  const gone = once(slow, 'close');
  const large: EventBody = { ...deleted, context: { text: 'x'.repeat(100_000) } };
  for (let index = 0; index < 200; index += 1) {
    const received = once(quick, 'message');
    services.events.publish('default', large);
    await received;
  }
  slow.resume();
  await gone;
  expect(quick.readyState).toBe(quick.OPEN);
});

test('going down says good-bye', async () => {
  const socket = await client.websocket('/1.0/events');
  const closed = once(socket, 'close');
  await api.close();
  expect((await closed)[0]).toBe(1001);
});
