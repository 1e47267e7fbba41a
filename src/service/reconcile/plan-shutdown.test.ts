import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Instance } from '#model/instance.ts';
import { planShutdown, type Stoppable } from './plan-shutdown.ts';

const one = (name: string, priority: number): Stoppable => ({
  instance: { name } as Instance,
  priority,
  graceMs: 30_000,
});

test('a higher priority stops first, those of one priority side by side', () => {
  const plan = planShutdown([one('a', 0), one('b', 5), one('c', -1), one('d', 5), one('e', 0)]);
  assert.deepEqual(
    plan.map((group) => group.map(({ instance }) => instance.name)),
    [['b', 'd'], ['a', 'e'], ['c']],
  );
});

test('where nothing runs there is nothing to stop', () => {
  assert.deepEqual(planShutdown([]), []);
});
