import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'vitest';
import { GuestAgent } from './agent.ts';
import { FakePeer, type Said } from './fake-peer.ts';

const say = (socket: Socket, message: object): void => void socket.write(`${JSON.stringify(message)}\n`);

/** An agent that begins with the rest of an answer to somebody else, as agents do. */
const agent = (answer: (question: Said, socket: Socket) => void) =>
  FakePeer.listen((question, socket) => {
    if (question.execute !== 'guest-sync-delimited') return answer(question, socket);
    socket.write(Buffer.from([0xff]));
    say(socket, { return: question.arguments?.id });
  }, '{"return": 999}\n');

test('an answer is that to the question, not one that was still under way', async () => {
  await using peer = await agent(({ execute }, socket) => say(socket, { return: { to: execute } }));
  const guest = new GuestAgent(peer.path);
  const answers = [guest.ask('guest-ping', undefined, 5000), guest.ask('guest-ping', undefined, 5000)];
  assert.deepEqual(await Promise.all(answers), [{ to: 'guest-ping' }, { to: 'guest-ping' }]);
});

test('a shutdown is answered by silence, or refused', async () => {
  await using peer = await agent(() => {});
  await new GuestAgent(peer.path).ask('guest-shutdown', { mode: 'powerdown' }, 50);
  await using unwilling = await agent((_, socket) => say(socket, { error: { desc: 'disabled' } }));
  await assert.rejects(new GuestAgent(unwilling.path).ask('guest-shutdown', { mode: 'powerdown' }, 5000), {
    code: 'host',
    message: 'The guest’s agent refused guest-shutdown: disabled',
  });
});

test('a guest that says nothing, hangs up or talks nonsense holds nobody up', async () => {
  await using silent = await agent(() => {});
  await assert.rejects(new GuestAgent(silent.path).ask('guest-ping', undefined, 50), { code: 'timed-out' });
  await using rude = await agent((_, socket) => socket.destroy());
  await assert.rejects(new GuestAgent(rude.path).ask('guest-ping', undefined, 5000), { code: 'host' });
  await using mad = await agent((_, socket) => socket.write('{"return": {}\n'));
  await assert.rejects(new GuestAgent(mad.path).ask('guest-ping', undefined, 5000), { code: 'host' });
});
