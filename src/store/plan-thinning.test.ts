import { expect, test } from 'vitest';
import { planThinning } from './plan-thinning.ts';
import type { Snapshot } from './snapshot-files.ts';

const minuteMs = 60_000;
const begin = Date.UTC(2026, 0, 1);

/** One every ten minutes, the newest first, by clocks that may jump. */
function taken(count: number, clock: (index: number) => number): Snapshot[] {
  const one = (index: number): Snapshot => ({ name: `${index}`, number: index, takenAt: clock(index) });
  return Array.from({ length: count }, (_, index) => one(index)).reverse();
}

/** What is left when each new one is thinned at once, as the daemon does. */
function leftOf(all: readonly Snapshot[]): Snapshot[] {
  let left: Snapshot[] = [];
  for (const snapshot of [...all].reverse()) {
    left = [snapshot, ...left];
    const gone = new Set(planThinning(left));
    left = left.filter((each) => !gone.has(each));
  }
  return left;
}

test('of ten days in ten-minute steps, the last hour, a day of hours and a week of days are left', () => {
  const left = leftOf(taken(10 * 24 * 6, (index) => begin + index * 10 * minuteMs));
  const agesInHours = left.map(({ number }) => (10 * 24 * 6 - 1 - number) / 6);
  expect(agesInHours.filter((age) => age < 1)).toHaveLength(6);
  expect(agesInHours.filter((age) => age < 24).length).toBeGreaterThanOrEqual(24);
  expect(Math.max(...agesInHours)).toBeGreaterThanOrEqual(6 * 24 - 1);
  expect(left.length).toBeLessThanOrEqual(6 + 24 + 7);
});

test('the newest is never given up, wherever the clock is set, and their number stays bounded', () => {
  const clocks = [
    (index: number) => begin - index * 100 * minuteMs,
    () => begin,
    (index: number) => (index % 2) * begin,
    (index: number) => begin + index * 3000 * minuteMs,
  ];
  for (const clock of clocks) {
    const left = leftOf(taken(300, clock));
    expect(left.slice(0, 6).map(({ number }) => number)).toEqual([299, 298, 297, 296, 295, 294]);
    expect(left.length).toBeLessThanOrEqual(6 + 24 + 7);
  }
});
