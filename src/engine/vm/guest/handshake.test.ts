import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, beforeEach, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { greetGuest } from './handshake.ts';

const never = new AbortController().signal;
const greeting = { word: 'word', publicKey: 'ssh-ed25519 AAAA' };

let scratch: string;
let listener: Server;
let host: Socket;
let guest: Socket;
beforeEach(async () => {
  scratch = mkdtempSync('/tmp/wadah-greet-');
  listener = createServer().listen(`${scratch}/port`);
  await once(listener, 'listening');
  host = createConnection(`${scratch}/port`);
  [guest] = (await once(listener, 'connection')) as [Socket];
});
afterEach(() => {
  for (const socket of [host, guest]) socket.destroy();
  listener.close();
  rmSync(scratch, { recursive: true });
});

/** What the guest hears of the greeting. */
async function heard(): Promise<string> {
  const [bytes] = (await once(guest, 'data')) as [Buffer];
  return bytes.toString();
}

test('the guest is told a word and a key, and what it says after its answer is the server’s', async () => {
  const greeted = greetGuest(host, greeting, never);
  assert.equal(await heard(), 'wadah-ssh word ssh-ed25519 AAAA\n');
  guest.write('wadah-ssh word\nSSH-2.0-server\r\n');
  await greeted;
  assert.equal(String(host.read()), 'SSH-2.0-server\r\n');
});

test('what an earlier connection left on the line is passed over, in however many pieces all of it comes', async () => {
  const greeted = greetGuest(host, greeting, never);
  await heard();
  const bytes = Buffer.concat([
    Buffer.from([0, 255, 10, 13]),
    Buffer.from('wadah-ssh other\nSSH-2.0-old\r\nwadah-ssh wo'),
  ]);
  guest.write(bytes);
  await once(host, 'readable');
  guest.write('rd\n');
  await greeted;
  guest.write('SSH');
  await once(host, 'readable');
  assert.equal(String(host.read()), 'SSH');
});

test('a guest that hangs up is unavailable, and the wait for one can be given up', async () => {
  const abandoned = new AbortController();
  const waiting = greetGuest(host, greeting, abandoned.signal);
  abandoned.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  const greeted = greetGuest(host, greeting, never);
  guest.end();
  await assert.rejects(greeted, (error) => isFault(error, 'unavailable'));
});
