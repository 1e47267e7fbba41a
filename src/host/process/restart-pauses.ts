const quietMs = 60_000;
const longestMs = 10_000;

/** Milliseconds before a program that has died is started again: ever more, unless it had run for a minute. */
export class RestartPauses {
  #startedAt = performance.now();
  #nextMs = 0;

  started(): void {
    this.#startedAt = performance.now();
  }

  /** It is found dead. Tries that fail afterwards are no new death. */
  died(): void {
    if (performance.now() - this.#startedAt > quietMs) this.#nextMs = 0;
  }

  /** To be waited before the next try. */
  next(): number {
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(longestMs, pauseMs * 2 + 100);
    return pauseMs;
  }
}
