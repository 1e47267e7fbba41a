import { expect, test } from 'vitest';
import { faultCodes } from '#model/fault.ts';
import { exitCodes, exitStatusOf } from './exit-codes.ts';

test('every fault has an exit status that is in the table, and none is success', () => {
  const known = Object.values(exitCodes).map(({ status }): number => status);
  for (const code of faultCodes) {
    expect(known).toContain(exitStatusOf(code));
    expect(exitStatusOf(code)).not.toBe(0);
  }
});

test('no two meanings share a number', () => {
  const statuses = Object.values(exitCodes).map(({ status }) => status);
  expect(new Set(statuses).size).toBe(statuses.length);
});
