import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { DaemonLock } from './daemon-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync('/tmp/wadah-lock-');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a second daemon on the same directory is refused and told who holds it', () => {
  const lock = DaemonLock.take(folder);
  assert.throws(() => DaemonLock.take(folder), {
    code: 'busy',
    message: `Another daemon (process ${process.pid}) works on ${folder}`,
  });
  lock.release();
  DaemonLock.take(folder).release();
});

test('programs that a daemon starts do not keep its lock', () => {
  const lock = DaemonLock.take(folder);
  const { stdout } = spawnSync('sh', ['-c', 'readlink /proc/self/fd/*'], { encoding: 'utf8' });
  assert.doesNotMatch(stdout, new RegExp(join(folder, 'lock')));
  lock.release();
});
