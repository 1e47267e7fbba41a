import { describe, expect, test } from 'vitest';
import { aborted, settlesWithin, sleep } from './wait.ts';

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

describe('aborted', () => {
  test('rejects with the reason of the signal, whether it aborts before or in the meantime', async () => {
    const stop = new AbortController();
    const race = Promise.race([forever, aborted(stop.signal)]);
    stop.abort(new Error('stop'));
    await expect(race).rejects.toThrow('stop');
    await expect(aborted(stop.signal)).rejects.toThrow('stop');
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
