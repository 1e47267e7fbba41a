import type { Clock } from '#base/clock.ts';

const keepMs = 30_000;
/** However many finish, each can be read for this long. */
const leastMs = 5_000;
const keepCount = 200;

/** Decides how long operations stay readable after they have finished. */
export class FinishedOperations {
  readonly #clock: Clock;
  readonly #forget: (id: string) => void;
  /** Monotonic times at which they finished, the oldest first. */
  readonly #finishedAt = new Map<string, number>();

  constructor(clock: Clock, forget: (id: string) => void) {
    this.#clock = clock;
    this.#forget = forget;
  }

  add(id: string): void {
    this.#finishedAt.set(id, this.#clock.monotonicMs());
    this.#clock.after(keepMs, () => this.#drop(id));
    this.#dropSurplus();
  }

  #dropSurplus(): void {
    const surplus = this.#finishedAt.size - keepCount;
    if (surplus <= 0) return;
    for (const [id, at] of [...this.#finishedAt].slice(0, surplus)) {
      if (this.#clock.monotonicMs() - at >= leastMs) this.#drop(id);
    }
  }

  #drop(id: string): void {
    if (this.#finishedAt.delete(id)) this.#forget(id);
  }
}
