import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { bindDatagramSocket, receiveMessage } from '#host/sys/unix-sockets.ts';
import { ServiceManager } from './service-manager.ts';

test('a service manager is told when the daemon is ready, and programs do not inherit its socket', async () => {
  const folder = await mkdtemp('/tmp/wadah-notify-');
  const path = join(folder, 'notify');
  const fd = bindDatagramSocket(path);
  try {
    const env = { NOTIFY_SOCKET: path, PATH: '/bin' };
    const manager = new ServiceManager(env, silentLogger);
    assert.deepEqual(env, { PATH: '/bin' });
    manager.tellReady();
    const message = receiveMessage(fd);
    assert.equal(message?.data.toString(), 'READY=1');
    assert.equal(message?.sender?.pid, process.pid);
  } finally {
    closeSync(fd);
    await rm(folder, { recursive: true });
  }
});

test('a daemon that nobody waits for says nothing, and one that nobody hears goes on', () => {
  new ServiceManager({}, silentLogger).tellReady();
  new ServiceManager({ NOTIFY_SOCKET: '/nonexistent/notify' }, silentLogger).tellReady();
});
