import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { test } from 'vitest';
import type { ConsoleLog } from '../console-log.ts';
import type { ExecSession } from '../engine.ts';
import { openConsole } from './console.ts';

const size = { columns: 80, rows: 24 };

function fakeSession(stdout: PassThrough): ExecSession {
  return {
    stdin: new PassThrough(),
    stdout,
    stderr: undefined,
    resize() {},
    signal() {},
    exited: Promise.resolve(3),
  };
}

/** A log whose disk takes its time. */
const slowLog = {
  async append() {
    for (let turns = 0; turns < 10; turns += 1) await turn();
  },
} as unknown as ConsoleLog;

test('a console has ended only when its last words were shown', async () => {
  const shown = new PassThrough();
  const console = await openConsole(() => Promise.resolve(fakeSession(shown)), size, slowLog);
  let seen = '';
  console.stdout.on('data', (chunk) => {
    seen += String(chunk);
  });
  shown.end('logout');
  assert.equal(await console.exited, 3);
  assert.equal(seen, 'logout');
});

test('a console whose program is torn away ends, and so does one that nobody looks at any more', async () => {
  const torn = new PassThrough();
  const first = await openConsole(() => Promise.resolve(fakeSession(torn)), size, slowLog);
  first.stdout.on('error', () => {});
  torn.destroy();
  assert.equal(await first.exited, 3);

  const left = new PassThrough();
  const second = await openConsole(() => Promise.resolve(fakeSession(left)), size, slowLog);
  second.stdout.destroy();
  assert.equal(await second.exited, 3);
  assert.ok(left.destroyed);
});
