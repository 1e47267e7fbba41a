import assert from 'node:assert/strict';
import { test } from 'vitest';
import { FakeClock } from '#base/fake-clock.ts';
import { RestartBudget } from './restart-budget.ts';

const take = (budget: RestartBudget, times: number): boolean[] =>
  Array.from({ length: times }, () => budget.take('aaaaaaaa'));

test('ten restarts a minute are allowed, wherever the clock is set meanwhile', () => {
  const clock = new FakeClock();
  const budget = new RestartBudget(clock);
  assert.deepEqual(new Set(take(budget, 10)), new Set([true]));
  for (const jumpMs of [-86_400_000, 2 * 86_400_000]) {
    clock.set(clock.now() + jumpMs);
    assert.equal(budget.take('aaaaaaaa'), false);
  }
  assert.equal(budget.take('bbbbbbbb'), true);
  clock.advance(60_001);
  assert.equal(budget.take('aaaaaaaa'), true);
});
