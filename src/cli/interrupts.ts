import { exitCodes } from './exit-codes.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Ctrl-C while operations run: the first one aborts `signal`, which cancels them and waits until they are taken
 * back; the second one leaves.
 */
export class Interrupts {
  readonly #asked = new AbortController();
  readonly #surroundings: Surroundings;
  readonly #onFirst: () => void;
  #holders = 0;

  constructor(surroundings: Surroundings, onFirst: () => void) {
    this.#surroundings = surroundings;
    this.#onFirst = onFirst;
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** Runs work during which Ctrl-C has that meaning. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holders === 0) this.#surroundings.signals.on('SIGINT', this.#heard);
    this.#holders += 1;
    try {
      return await work();
    } finally {
      this.#holders -= 1;
      if (this.#holders === 0) this.#surroundings.signals.off('SIGINT', this.#heard);
    }
  }

  readonly #heard = (): void => {
    if (this.#asked.signal.aborted) return this.#surroundings.exit(exitCodes.interrupted.status);
    this.#asked.abort();
    this.#onFirst();
  };
}
