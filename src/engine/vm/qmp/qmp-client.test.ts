import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'vitest';
import { FakePeer, type Said } from '../fake-peer.ts';
import { QmpClient, type QmpEvent } from './qmp-client.ts';

const greeting = '{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n';
const status = { running: true, singlestep: false, status: 'running' };

const say = (socket: Socket, message: object): void => void socket.write(`${JSON.stringify(message)}\r\n`);

/** A QEMU that knows few words. `other` answers the rest. */
const qemu = (other: (command: Said, socket: Socket) => void = () => {}) =>
  FakePeer.listen((command, socket) => {
    if (command.execute === 'qmp_capabilities') say(socket, { return: {}, id: command.id });
    else if (command.execute === 'query-status') say(socket, { return: status, id: command.id });
    else other(command, socket);
  }, greeting);

const ignore = (): void => {};

test('an answer belongs to its command, in whichever order they come', async () => {
  const held: Said[] = [];
  await using peer = await qemu((command, socket) => {
    held.push(command);
    if (held.length < 2) return;
    for (const { id, execute } of held.reverse()) say(socket, { return: [execute], id });
  });
  const client = await QmpClient.connect(peer.path, ignore);
  const answers = await Promise.all([client.execute('query-kvm'), client.execute('query-chardev')]);
  assert.deepEqual(answers, [['query-kvm'], ['query-chardev']]);
  client.close();
});

test('events are told in their order, from the first on', async () => {
  const told: QmpEvent[] = [];
  const events =
    '{"event": "STOP"}\r\n{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}\r\n';
  await using peer = await FakePeer.listen(
    ({ id }, socket) => say(socket, { return: {}, id }),
    greeting + events,
  );
  const client = await QmpClient.connect(peer.path, (event) => told.push(event));
  assert.deepEqual(told, [
    { event: 'STOP', data: {} },
    { event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
  ]);
  client.close();
});

test('a refusal carries QEMU’s own words', async () => {
  await using peer = await qemu(({ id }, socket) => {
    say(socket, { error: { class: 'GenericError', desc: 'Resetting is required' }, id });
  });
  const client = await QmpClient.connect(peer.path, ignore);
  await assert.rejects(client.execute('cont'), {
    code: 'host',
    message: 'QEMU refused cont: Resetting is required',
  });
  assert.deepEqual(await client.execute('query-status'), status);
  client.close();
});

test('a QEMU that is silent is not waited for', async () => {
  await using peer = await qemu();
  const client = await QmpClient.connect(peer.path, ignore, { timeoutMs: 50 });
  await assert.rejects(client.execute('stop'), { code: 'timed-out' });
  client.close();
  await using mute = await FakePeer.listen(ignore);
  await assert.rejects(QmpClient.connect(mute.path, ignore, { timeoutMs: 50 }), { code: 'timed-out' });
});

test('when QEMU ends, all that waited for it hear so', async () => {
  await using peer = await qemu((_, socket) => socket.destroy());
  const client = await QmpClient.connect(peer.path, ignore);
  await assert.rejects(client.execute('stop'), { code: 'host', message: 'QEMU has ended' });
  await client.closed;
  await assert.rejects(client.execute('stop'), { code: 'host' });
});

test('one that talks nonsense is hung up on', async () => {
  await using peer = await FakePeer.listen(ignore, 'SSH-2.0-OpenSSH\r\n');
  await assert.rejects(QmpClient.connect(peer.path, ignore), SyntaxError);
});
