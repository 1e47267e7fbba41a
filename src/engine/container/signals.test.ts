import assert from 'node:assert/strict';
import { test } from 'vitest';
import { signalNumber } from './signals.ts';

test('signals have their names, with or without SIG, numbers, and places in the real-time range', () => {
  const numbers = {
    SIGTERM: 15,
    term: 15,
    9: 9,
    'SIGRTMIN+3': 37,
    RTMIN: 34,
    'SIGRTMAX-14': 50,
    SIGUSR2: 12,
  };
  for (const [name, number] of Object.entries(numbers)) assert.equal(signalNumber(name), number, name);
});

test('what is no signal is refused', () => {
  for (const name of ['', 'SIGNOTHING', '0', '-1', '65', 'SIGRTMIN+99', '1.5']) {
    assert.throws(() => signalNumber(name), { code: 'invalid' }, name);
  }
});
