import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Deadline, orAborted, settlesWithin, sleep } from './wait.ts';

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

describe('a deadline', () => {
  test('comes, though garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { signal } = new AbortController();
    using outer = new Deadline(600_000, [signal]);
    const late = (() => orAborted(forever, new Deadline(20, [outer.signal]).signal))();
    const collecting = setInterval(collect, 1);
    await expect(late).rejects.toThrow('20 ms are over');
    clearInterval(collecting);
  });

  test('comes early with the first of its signals, and leaves nothing with them', async () => {
    const stop = new AbortController();
    const listeners = () => getEventListeners(stop.signal, 'abort').length;
    const [deadline, met] = [new Deadline(600_000, [stop.signal]), new Deadline(600_000, [stop.signal])];
    met[Symbol.dispose]();
    expect(listeners()).toBe(1);
    stop.abort(new Error('stop'));
    expect(deadline.signal.reason).toEqual(new Error('stop'));
    expect([met.signal.aborted, listeners()]).toEqual([false, 0]);
    deadline[Symbol.dispose]();
    using late = new Deadline(600_000, [stop.signal]);
    expect(late.signal.aborted).toBe(true);
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
