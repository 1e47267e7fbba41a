import assert from 'node:assert/strict';
import { test } from 'vitest';
import { Inexplicable, linearize, type Recorded } from './linearize.ts';

type Register = Recorded<{ write: string } | 'read', string>;

const write = (value: string, beganMs: number, endedMs: number, answer = 'ok'): Register => ({
  call: { write: value },
  answer,
  beganMs,
  endedMs,
});
const read = (answer: string, beganMs: number, endedMs: number): Register => ({
  call: 'read',
  answer,
  beganMs,
  endedMs,
});

function next(state: string, { call, answer }: Register): string[] {
  if (call === 'read') return answer === state ? [state] : [];
  return answer === 'lost' ? [state, call.write] : [call.write];
}

const ends = (...records: Register[]): string[] => linearize(['0'], records, next).sort();

test('calls one after the other have one end', () => {
  assert.deepEqual(ends(write('1', 0, 1), read('1', 2, 3), write('2', 4, 5)), ['2']);
});

test('calls at the same time have every end that an order of them has', () => {
  assert.deepEqual(ends(write('1', 0, 10), write('2', 1, 9)), ['1', '2']);
});

test('what was read in between narrows it down', () => {
  assert.deepEqual(ends(write('1', 0, 10), write('2', 1, 9), read('2', 3, 4), read('1', 5, 6)), ['1']);
});

test('a lost answer may stand for either', () => {
  assert.deepEqual(ends(write('1', 0, 1, 'lost')), ['0', '1']);
  assert.deepEqual(ends(write('1', 0, 1, 'lost'), read('1', 2, 3)), ['1']);
});

test('a value from before, read after its end, is not explained', () => {
  const late = read('0', 2, 3);
  assert.throws(
    () => ends(write('1', 0, 1), late),
    (error) => error instanceof Inexplicable && error.record === late && error.before.join() === '1',
  );
});

test('two readers cannot see two writes in different orders', () => {
  const writes = [write('1', 0, 20), write('2', 0, 20)];
  const reads = [read('1', 1, 2), read('2', 3, 4), read('1', 5, 6)];
  assert.throws(() => ends(...writes, ...reads), Inexplicable);
});
