import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * What `work` comes to, unless the signal aborts first: then it rejects with the signal's reason, and the work goes on
 * unseen. Leaves nothing with the signal, which may live much longer.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * A signal that aborts with the first of `signals`, or when `ms` milliseconds are over, until it is disposed of.
 * Node 20 loses the time-out of `AbortSignal.any([…, AbortSignal.timeout(ms)])` when it collects garbage meanwhile.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, signals: readonly AbortSignal[]) {
    this.#timer = setTimeout(() => this.#controller.abort(new Error(`${ms} ms are over`)), ms);
    for (const signal of signals) {
      const abort = (): void => this.#controller.abort(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true, signal: this.#over.signal });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#over.abort();
  }
}

/** Whether `work` settled within `ms` milliseconds. Work that rejects within the time rejects here. */
export async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
