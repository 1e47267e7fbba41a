import { randomUUID } from 'node:crypto';
import { type Clock, longestTimerMs } from '#base/clock.ts';
import { Fault } from '#model/fault.ts';
import type { Lease } from '../store.ts';

const retryMs = 1000;

interface LiveLease {
  /** Every key that was ever written with it. */
  keys: Set<string>;
  hasEnded: boolean;
  callOff: () => void;
}

/** The leases of one process. None outlives it: whoever held one is gone with it. */
export class Leases {
  readonly #clock: Clock;
  readonly #deleteKeys: (lease: string) => Promise<void>;
  readonly #leases = new Map<string, LiveLease>();

  /** `deleteKeys` is called when a lease ends, again and again until it resolves. */
  constructor(clock: Clock, deleteKeys: (lease: string) => Promise<void>) {
    this.#clock = clock;
    this.#deleteKeys = deleteKeys;
  }

  /** Throws `invalid` for a time that no timer can wait for. */
  grant(ttlMs: number): Lease {
    if (!(ttlMs > 0 && ttlMs <= longestTimerMs)) {
      throw new Fault('invalid', `A lease cannot last ${ttlMs} ms`);
    }
    const id = randomUUID();
    const startTimer = (): (() => void) => this.#clock.after(ttlMs, () => this.#expire(id));
    this.#leases.set(id, { keys: new Set(), hasEnded: false, callOff: startTimer() });
    return {
      id,
      renew: async () => {
        const lease = this.#requireLive(id);
        lease.callOff();
        lease.callOff = startTimer();
      },
      revoke: async () => {
        this.#requireLive(id);
        await this.#end(id);
      },
    };
  }

  /** Notes that `key` is written with a lease. Throws `not-found` when that has ended. */
  attach(id: string, key: string): void {
    this.#requireLive(id).keys.add(key);
  }

  keysOf(id: string): Iterable<string> {
    return this.#leases.get(id)?.keys ?? [];
  }

  close(): void {
    for (const { callOff } of this.#leases.values()) callOff();
    this.#leases.clear();
  }

  #expire(id: string): void {
    this.#end(id).catch(() => undefined); // tried again later
  }

  async #end(id: string): Promise<void> {
    const lease = this.#leases.get(id);
    if (!lease) return;
    lease.callOff();
    lease.hasEnded = true;
    try {
      await this.#deleteKeys(id);
      this.#leases.delete(id);
    } catch (error) {
      lease.callOff = this.#clock.after(retryMs, () => this.#expire(id));
      throw error;
    }
  }

  #requireLive(id: string): LiveLease {
    const lease = this.#leases.get(id);
    if (lease && !lease.hasEnded) return lease;
    throw new Fault('not-found', 'The lease has ended');
  }
}
