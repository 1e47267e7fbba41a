import assert from 'node:assert/strict';
import { test } from 'vitest';
import { allDone } from './all-done.ts';
import { sleep } from './wait.ts';

test('results come in the order of the list', async () => {
  assert.deepEqual(await allDone([sleep(1).then(() => 'a'), 2]), ['a', 2]);
});

test('a failure is thrown only when everything has ended', async () => {
  let hasEnded = false;
  const slow = sleep(5).then(() => {
    hasEnded = true;
  });
  await assert.rejects(allDone([Promise.reject(new Error('first')), slow]), { message: 'first' });
  assert.equal(hasEnded, true);
});
