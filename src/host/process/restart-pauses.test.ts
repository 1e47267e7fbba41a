import assert from 'node:assert/strict';
import { afterEach, test, vi } from 'vitest';
import { RestartPauses } from './restart-pauses.ts';

afterEach(() => void vi.useRealTimers());

test('what keeps dying waits ever longer, and begins anew once it has run for a minute', () => {
  vi.useFakeTimers();
  const pauses = new RestartPauses();
  pauses.died();
  assert.deepEqual([pauses.next(), pauses.next(), pauses.next()], [0, 100, 300]);
  for (let count = 0; count < 10; count += 1) pauses.next();
  assert.equal(pauses.next(), 10_000);
  pauses.started();
  vi.advanceTimersByTime(59_000);
  pauses.died();
  assert.equal(pauses.next(), 10_000);
  vi.advanceTimersByTime(2_000);
  pauses.died();
  assert.equal(pauses.next(), 0);
});
