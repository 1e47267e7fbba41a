import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isClockSynchronised } from './clock.ts';

test('the kernel tells whether its clock follows another one, and the same when it is asked again', () => {
  assert.equal(typeof isClockSynchronised(), 'boolean');
  assert.equal(isClockSynchronised(), isClockSynchronised());
});
