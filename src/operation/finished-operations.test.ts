import { expect, test } from 'vitest';
import { FakeClock } from '#base/fake-clock.ts';
import { FinishedOperations } from './finished-operations.ts';

const hourMs = 3_600_000;

function finish(count: number, clock: FakeClock): { finished: FinishedOperations; forgotten: string[] } {
  const forgotten: string[] = [];
  const finished = new FinishedOperations(clock, (id) => forgotten.push(id));
  for (let index = 0; index < count; index += 1) finished.add(`first/${index}`);
  return { finished, forgotten };
}

test.each([
  ['back', -24 * hourMs],
  ['forward', 24 * hourMs],
])('a clock that is set %s makes no operation stay longer or go sooner', (_, jumpMs) => {
  const clock = new FakeClock();
  const { finished, forgotten } = finish(300, clock);
  clock.set(clock.now() + jumpMs);
  finished.add('soon after');
  expect(forgotten).toEqual([]);
  clock.advance(6_000);
  finished.add('later');
  expect(forgotten).toHaveLength(102); // all but the newest 200
  clock.advance(30_000);
  expect(forgotten).toHaveLength(302);
});
