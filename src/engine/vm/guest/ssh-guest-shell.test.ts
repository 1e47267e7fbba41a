import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SshGuestShell } from './ssh-guest-shell.ts';

const never = new AbortController().signal;
const hostname = {
  command: ['hostname'],
  environment: {},
  user: 0,
  group: 0,
  cwd: undefined,
  terminal: undefined,
};

/** A guest that hears everything and answers nothing. */
let heard: string[];
let sockets: Socket[];
let folder: string;
let shell: SshGuestShell;
const server = createServer((socket) => {
  const index = heard.push('') - 1;
  sockets.push(socket);
  socket.on('data', (chunk) => (heard[index] += chunk.toString()));
  socket.on('error', () => {});
});
beforeEach(async () => {
  [heard, sockets] = [[], []];
  folder = await mkdtemp(join(tmpdir(), 'wadah-shell-'));
  const path = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  shell = new SshGuestShell(path);
});
afterEach(async () => {
  shell.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
const greetings = (): number => heard.filter((text) => text.startsWith('wadah-ssh ')).length;

test('a guest is asked anew once it has rebooted, and who waits for it goes on waiting', async () => {
  const waiting = shell.exec(hostname, never);
  const end = assert.rejects(waiting, { code: 'unavailable' });
  await expect.poll(greetings).toBe(1);
  shell.restart();
  shell.restart(); // a reset may come twice, also before the socket is connected
  await expect.poll(greetings).toBe(2);
  shell.close();
  await end;
});

test('nothing is said to a guest before the first program', async () => {
  await expect.poll(() => sockets.length).toBe(1);
  shell.restart();
  await expect.poll(() => sockets.length).toBe(2);
  assert.deepEqual(heard, ['', '']);
});
