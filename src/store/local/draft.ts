import type { TransactionResult } from '../store.ts';
import type { LoggedChange } from './change-log.ts';
import type { Leases } from './leases.ts';
import type { CheckedTransaction, CheckedWrite } from './limits.ts';
import type { RecordBatch, Records, StoredRecord } from './records.ts';

/** Transactions that are decided one after the other, then committed together: one flush serves them all. */
export class Draft {
  readonly #base: Records;
  readonly #leases: Leases;
  readonly #records = new Map<string, StoredRecord | undefined>();
  readonly changes: LoggedChange[] = [];
  #revision: bigint;

  constructor(base: Records, leases: Leases) {
    this.#base = base;
    this.#leases = leases;
    this.#revision = base.revision();
  }

  batch(): RecordBatch {
    return { revision: this.#revision, records: this.#records };
  }

  /** Throws `not-found` when it writes with a lease that has ended; then nothing of it is in the draft. */
  transact({ compares, writes }: CheckedTransaction): TransactionResult {
    const holds = compares.every(
      ({ key, modRevision }) => (this.#get(key)?.modRevision ?? 0n) === modRevision,
    );
    if (!holds) return { succeeded: false, revision: this.#revision };
    for (const { key, lease } of writes) if (lease) this.#leases.attach(lease.id, key);
    this.#write(writes);
    return { succeeded: true, revision: this.#revision };
  }

  /** Deletes what is still written with the lease. */
  deleteLeased(lease: string): void {
    const keys = [...this.#leases.keysOf(lease)].filter((key) => this.#get(key)?.lease === lease);
    this.delete(keys);
  }

  delete(keys: readonly string[]): void {
    this.#write(keys.map((key) => ({ key, json: undefined, lease: undefined })));
  }

  #write(writes: readonly CheckedWrite[]): void {
    const effective = writes.filter(({ key, json }) => json !== undefined || this.#get(key));
    if (effective.length === 0) return;
    this.#revision += 1n;
    const revision = this.#revision;
    for (const { key, json, lease } of effective) {
      const createRevision = this.#get(key)?.createRevision ?? revision;
      const record = { createRevision, modRevision: revision, lease: lease?.id };
      this.#records.set(key, json === undefined ? undefined : { ...record, json });
      this.changes.push({ key, json, revision });
    }
  }

  #get(key: string): StoredRecord | undefined {
    return this.#records.has(key) ? this.#records.get(key) : this.#base.get(key);
  }
}
