import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { orAborted, settlesWithin, sleep } from './wait.ts';

const forever = new Promise<never>(() => {});

describe('sleep', () => {
  test('resolves by itself', async () => {
    await sleep(1);
  });

  test('rejects with the reason of the signal, whether it aborts before or in the meantime', async () => {
    const stop = new AbortController();
    const sleeping = sleep(600_000, stop.signal);
    stop.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow('stop');
    await expect(sleep(600_000, stop.signal)).rejects.toThrow('stop');
  });
});

describe('orAborted', () => {
  test('rejects with the reason of the signal, whether it aborts before or in the meantime', async () => {
    const stop = new AbortController();
    const race = orAborted(forever, stop.signal);
    stop.abort(new Error('stop'));
    await expect(race).rejects.toThrow('stop');
    await expect(orAborted(forever, stop.signal)).rejects.toThrow('stop');
  });

  test('is what the work comes to, and leaves no listener with the signal', async () => {
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const done = orAborted(Promise.resolve('done'), signal);
    const failed = orAborted(Promise.reject(new Error('no')), signal);
    expect(listeners()).toBe(2);
    expect(await done).toBe('done');
    await expect(failed).rejects.toThrow('no');
    expect(listeners()).toBe(0);
  });
});

describe('settlesWithin', () => {
  test('is true for work that resolves in time, false for work that does not end', async () => {
    expect(await settlesWithin(Promise.resolve('done'), 600_000)).toBe(true);
    expect(await settlesWithin(forever, 1)).toBe(false);
  });

  test('rejects as the work does', async () => {
    await expect(settlesWithin(Promise.reject(new Error('no')), 600_000)).rejects.toThrow('no');
  });
});
