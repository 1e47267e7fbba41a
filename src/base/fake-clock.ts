import type { Clock } from './clock.ts';

interface Timer {
  at: number;
  run: () => void;
}

/** A clock that moves only when a test says so. */
export class FakeClock implements Clock {
  #monotonicMs = 0;
  /** What `now` has more than `monotonicMs`. */
  #epoch = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#epoch + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** As when somebody sets the host's clock: timers do not notice. */
  set(now: number): void {
    this.#epoch = now - this.#monotonicMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#monotonicMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `ms` milliseconds and runs what became due, in the order of its time. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.at);
      next.run();
    }
    this.#monotonicMs = end;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
