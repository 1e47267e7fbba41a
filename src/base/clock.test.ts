import { describe, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { FakeClock } from './fake-clock.ts';

describe('the system clock', () => {
  test('calls back, unless it was called off', async () => {
    const calls: string[] = [];
    const callOff = systemClock.after(1, () => calls.push('called off'));
    callOff();
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    expect(calls).toEqual([]);
  });
});

describe('a fake clock', () => {
  test('calls back in the order of time, also what was asked for on the way', () => {
    const clock = new FakeClock();
    const start = clock.now();
    const calls: [string, number][] = [];
    const note = (name: string) => () => void calls.push([name, clock.now() - start]);
    clock.after(30, note('third'));
    clock.after(10, () => {
      note('first')();
      clock.after(10, note('second'));
    });
    clock.after(1000, note('later'));
    clock.after(20, note('called off'))();
    clock.advance(100);
    expect(calls).toEqual([
      ['first', 10],
      ['second', 20],
      ['third', 30],
    ]);
    expect(clock.now() - start).toBe(100);
  });
});
