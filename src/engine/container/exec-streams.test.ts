import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'vitest';
import { makePipe } from '#host/sys/spawn.ts';
import { ExecOutput } from './exec-streams.ts';

function pipe(): { source: Socket; write: number } {
  const { read, write } = makePipe();
  return { source: new Socket({ fd: read, readable: true, writable: false }), write };
}

test('what a program wrote before it ended is passed on', async () => {
  const { source, write } = pipe();
  const output = new ExecOutput(source);
  writeSync(write, 'text');
  closeSync(write);
  assert.equal(await text(output.stream), 'text');
  await output.finish();
});

test('a program that hung up before anybody listened has ended', async () => {
  const { source, write } = pipe();
  closeSync(write);
  await once(source, 'close');
  const output = new ExecOutput(source);
  await output.finish();
  assert.equal(await text(output.stream), '');
});

test('output ends with the program although something that it started keeps the pipe open', async () => {
  const { source, write } = pipe();
  const output = new ExecOutput(source);
  writeSync(write, 'text');
  const [all] = await Promise.all([text(output.stream), output.finish()]);
  assert.equal(all, 'text');
  closeSync(write);
});

test('a slow reader gets everything that was written', async () => {
  const { source, write } = pipe();
  const output = new ExecOutput(source);
  const written = 'x'.repeat(60_000);
  writeSync(write, written);
  let isFinished = false;
  const finished = output.finish().then(() => {
    isFinished = true;
  });
  await nextTurn();
  await nextTurn();
  assert.equal(isFinished, false);
  assert.equal(await text(output.stream), written);
  await finished;
  closeSync(write);
});

test('what a source holds back is asked of it when the program has ended', async () => {
  const { source, write } = pipe();
  const output = new ExecOutput(source, () => Buffer.from(' rest'));
  writeSync(write, 'text');
  await once(source, 'data');
  const [all] = await Promise.all([text(output.stream), output.finish()]);
  assert.equal(all, 'text rest');
  closeSync(write);
});
