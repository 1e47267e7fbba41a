import assert from 'node:assert/strict';
import { test } from 'vitest';
import { nearest } from './nearest.ts';

const words = ['limits.cpu', 'limits.memory', 'limits.memory.swap', 'boot.autostart'];

test.each([
  ['limits.memroy', ['limits.memory']],
  ['limit.cpu', ['limits.cpu']],
  ['autostart', []],
  ['', []],
])('who typed "%s" may have meant %j', (typed, meant) => {
  assert.deepEqual(nearest(typed, words), meant);
});
