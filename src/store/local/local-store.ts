import type { Clock } from '#base/clock.ts';
import { Fault } from '#model/fault.ts';
import type {
  Change,
  Entry,
  Lease,
  RangeOptions,
  Store,
  Transaction,
  TransactionResult,
  WatchOptions,
} from '../store.ts';
import { ChangeLog, type ChangeLogLimits } from './change-log.ts';
import { Draft } from './draft.ts';
import { Leases } from './leases.ts';
import { checkKey, checkPrefix, checkTransaction } from './limits.ts';
import type { Records, StoredRecord } from './records.ts';

/** A piece of work on the next draft. `settle` tells its caller once the draft is durable. */
interface Job {
  decide(draft: Draft): void;
  settle(): void;
  fail(error: unknown): void;
}

export interface LocalStoreOptions {
  clock: Clock;
  /** How many changes are kept for watchers that resume. */
  changeLog?: ChangeLogLimits;
}

/** A store whose documents lie in this process or on this host. One process writes them. */
export class LocalStore implements Store {
  readonly #records: Records;
  readonly #log: ChangeLog;
  readonly #leases: Leases;
  readonly #queue: Job[] = [];
  #pumping: Promise<void> | undefined;
  #isClosed = false;

  private constructor(records: Records, { clock, changeLog }: LocalStoreOptions) {
    this.#records = records;
    this.#log = new ChangeLog(records.revision(), changeLog);
    this.#leases = new Leases(clock, (id) => this.#enqueue((draft) => draft.deleteLeased(id)));
  }

  /** Takes over `records`, without what the leases of an earlier process held. */
  static async open(records: Records, options: LocalStoreOptions): Promise<LocalStore> {
    const store = new LocalStore(records, options);
    const orphans = [...records.leasedKeys()];
    if (orphans.length > 0) await store.#enqueue((draft) => draft.delete(orphans));
    return store;
  }

  async get<T>(key: string): Promise<Entry<T> | undefined> {
    this.#requireOpen();
    checkKey(key);
    const record = this.#records.get(key);
    return record && entryOf<T>(key, record);
  }

  async range<T>(prefix: string, { limit = Infinity, after = '' }: RangeOptions = {}): Promise<Entry<T>[]> {
    this.#requireOpen();
    checkPrefix(prefix);
    checkPrefix(after);
    return Array.from(this.#records.range(prefix, { after, limit }), ([key, record]) =>
      entryOf<T>(key, record),
    );
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#requireOpen();
    const checked = checkTransaction(transaction);
    return this.#enqueue((draft) => draft.transact(checked));
  }

  watch<T>(prefix: string, { after, signal }: WatchOptions): AsyncIterable<Change<T>> {
    this.#requireOpen();
    checkPrefix(prefix);
    return this.#log.follow<T>(prefix, after ?? this.#records.revision(), signal);
  }

  async lease(ttlMs: number): Promise<Lease> {
    this.#requireOpen();
    return this.#leases.grant(ttlMs);
  }

  async revision(): Promise<bigint> {
    this.#requireOpen();
    return this.#records.revision();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leases.close();
    this.#log.close();
    await this.#pumping;
    await this.#records.close();
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Fault('unavailable', 'The store is closed');
  }

  /** Resolves to what `decide` returned, once the draft that it worked on is durable. */
  #enqueue<T>(decide: (draft: Draft) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#queue.push({
        decide: (draft) => {
          result = decide(draft);
        },
        settle: () => resolve(result),
        fail: reject,
      });
      this.#pumping ??= this.#pump();
    });
  }

  async #pump(): Promise<void> {
    await Promise.resolve(); // what is asked for in the same turn shares a flush
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0));
    this.#pumping = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const draft = new Draft(this.#records, this.#leases);
    const decided = jobs.filter((job) => decides(job, draft));
    try {
      if (draft.changes.length > 0) await this.#records.commit(draft.batch());
    } catch (error) {
      for (const job of decided) job.fail(error);
      return;
    }
    this.#log.append(draft.changes);
    for (const job of decided) job.settle();
  }
}

/** Lets `job` work on `draft`; false when it was refused, and told so. */
function decides(job: Job, draft: Draft): boolean {
  try {
    job.decide(draft);
    return true;
  } catch (error) {
    job.fail(error);
    return false;
  }
}

/** Throws `host` when the document's text was damaged on the disk. */
function entryOf<T>(key: string, { json, createRevision, modRevision }: StoredRecord): Entry<T> {
  try {
    return { key, value: JSON.parse(json) as T, createRevision, modRevision };
  } catch (cause) {
    throw new Fault('host', `The document "${key}" in the store is damaged`, { cause });
  }
}
