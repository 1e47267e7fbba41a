import { Fault } from '#model/fault.ts';
import type { Store } from '#store/store.ts';
import type { BorrowReserve } from './reserve.ts';

/** For tests: a disk that becomes full after so many writes, and on which some room may be kept back. */
export class SmallDisk {
  /** Whether a write was refused since the disk was emptied. */
  hasRefused = false;
  readonly #hasReserve: boolean;
  #writesLeft = Infinity;
  #borrowers = 0;

  constructor({ hasReserve = true } = {}) {
    this.#hasReserve = hasReserve;
  }

  fillAfter(writes: number): void {
    this.#writesLeft = writes;
  }

  empty(): void {
    this.#writesLeft = Infinity;
    this.hasRefused = false;
  }

  /** Throws `insufficient` once it is full and nothing is lent. */
  write(): void {
    if (this.#borrowers > 0) return;
    this.#writesLeft -= 1;
    if (this.#writesLeft >= 0) return;
    this.hasRefused = true;
    throw new Fault('insufficient', 'The disk is full', { hint: 'Delete what is not needed.' });
  }

  /** `store`, as one that lies on this disk. */
  under(store: Store): Store {
    const transact: Store['transact'] = async (transaction) => {
      this.write();
      return store.transact(transaction);
    };
    return new Proxy(store, {
      get: (_, name) => {
        if (name === 'transact') return transact;
        const value: unknown = Reflect.get(store, name, store);
        return typeof value === 'function' ? value.bind(store) : value;
      },
    });
  }

  readonly borrow: BorrowReserve = async () => {
    if (!this.#hasReserve || this.#writesLeft >= 0) return undefined;
    this.#borrowers += 1;
    return async () => void (this.#borrowers -= 1);
  };
}
