import type { Clock } from '#base/clock.ts';

const firstMs = 5_000;
const longestMs = 300_000;

/** What operations could not take back: it is tried again, ever more seldom, until nothing is left. */
export class LeftOvers {
  readonly #clock: Clock;
  #left: (() => Promise<unknown>)[] = [];
  #waitMs = firstMs;
  #callOff: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `takeBack` never rejects; whatever it leaves again, it adds again. */
  add(takeBack: () => Promise<unknown>): void {
    this.#left.push(takeBack);
    if (this.#isClosed || this.#callOff) return;
    this.#callOff = this.#clock.after(this.#waitMs, () => void this.retry());
    this.#waitMs = Math.min(2 * this.#waitMs, longestMs);
  }

  /** Tries it now. */
  async retry(): Promise<void> {
    this.#callOff?.();
    this.#callOff = undefined;
    for (const takeBack of this.#left.splice(0)) await takeBack();
    if (this.#left.length === 0) this.#waitMs = firstMs;
  }

  /** A later daemon does it. */
  close(): void {
    this.#isClosed = true;
    this.#callOff?.();
  }
}
