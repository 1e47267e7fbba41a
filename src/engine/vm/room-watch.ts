import type { QmpLink } from './qmp/qmp-link.ts';

const retryMs = 2_000;

/**
 * Lets a guest go on that QEMU has stopped because the pool was full. QEMU then tries the same writes again, so the
 * guest loses nothing; should there still be no room, it is stopped again.
 */
export class RoomWatch {
  readonly #link: QmpLink;
  #timer: NodeJS.Timeout | undefined;

  constructor(link: QmpLink) {
    this.#link = link;
  }

  /** Whether it stands still for lack of room, as far as is known. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** The guest was stopped. */
  wait(): void {
    this.#timer ??= this.#later();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #later(): NodeJS.Timeout {
    return setTimeout(() => void this.#tryAgain(), retryMs).unref();
  }

  async #tryAgain(): Promise<void> {
    const isStuck = await this.#isStuck();
    if (isStuck) await this.#link.execute('cont').catch(() => undefined);
    if (this.#timer) this.#timer = isStuck ? this.#later() : undefined;
  }

  async #isStuck(): Promise<boolean> {
    try {
      return (await this.#link.execute('query-status')).status === 'io-error';
    } catch {
      return false; // it has ended
    }
  }
}
