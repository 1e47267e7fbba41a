import type { OperationView } from '#model/operation.ts';
import type { Store } from '#store/store.ts';

/** What a daemon must know of an operation that another one began. Plain JSON. */
export interface JournalEntry {
  id: string;
  kind: string;
  project: string;
  createdAt: string;
  input: unknown;
  work: object;
  /** Names of the steps that may have acted and are not yet undone, in order. The last one may be half done. */
  begun: string[];
  /** Present once it is being taken back: why. */
  undoing?: UndoReason;
}

export interface UndoReason {
  isCancelled: boolean;
  fault: NonNullable<OperationView['fault']>;
}

const prefix = 'operation/';

/** The operations that have begun and not ended, in the node store. */
export class Journal {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Resolves when the entry is durable. */
  async write(entry: JournalEntry): Promise<void> {
    await this.#store.transact({ writes: [{ put: prefix + entry.id, value: entry }] });
  }

  async remove(id: string): Promise<void> {
    await this.#store.transact({ writes: [{ delete: prefix + id }] });
  }

  /** All entries, in the order in which their operations were started. */
  async all(): Promise<JournalEntry[]> {
    const entries = await this.#store.range<JournalEntry>(prefix);
    return entries.sort((a, b) => Number(a.createRevision - b.createRevision)).map(({ value }) => value);
  }
}
