import assert from 'node:assert/strict';
import { test } from 'vitest';
import { countKeys, countLocks, countSignals, sizeOfSegments } from './proc-counts.ts';

test('locks are those that the processes hold, not those that they wait for', () => {
  const text = [
    '1: POSIX  ADVISORY  WRITE 700 fe:00:1 0 EOF',
    '1: -> POSIX  ADVISORY  WRITE 701 fe:00:1 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 701 fe:00:2 0 EOF',
    '3: FLOCK  ADVISORY  WRITE 900 fe:00:3 0 EOF',
  ].join('\n');
  assert.equal(countLocks(text, new Set([700, 701])), 2);
});

test('signals that wait are counted once for each user, however many processes it has', () => {
  const status = (user: number, queued: number) =>
    `Name:\tx\nUid:\t${user}\t0\t0\t0\nSigQ:\t${queued}/95000\n`;
  assert.equal(countSignals([status(1000000, 3), status(1000000, 3), status(1001000, 2)]), 5);
});

test('shared memory is the sum of the sizes of all segments', () => {
  const head = '       key      shmid perms                  size  cpid  lpid nattch';
  const lines = ['         0          0  1600                  8192   100     0      1'];
  assert.equal(sizeOfSegments([head, ...lines, ...lines, ''].join('\n')), 16_384);
  assert.equal(sizeOfSegments(`${head}\n`), 0);
});

test('keys are those of the users of the instance', () => {
  const text =
    '    0:    11 10/10 5/1000000 59/25000000\n1048576:  5 5/5 4/200 81/20000\n1048577:  2 2/2 1/200 9/20000\n';
  assert.equal(countKeys(text, { base: 1_048_576, size: 65_536 }), 5);
});
