/**
 * A small ordered key-value store, shaped so that etcd serves it as well as an embedded database.
 *
 * Keys are texts compared by their UTF-8 bytes; values are JSON documents. Every change of the store gets
 * one revision, which only ever grows. Limits hold in every implementation: 100 compares and writes in one
 * transaction, 256 KiB for one value (as JSON text), 1 KiB for one key. Breaking one throws `invalid`, and so
 * does an empty or ill-formed key. Once it is closed, every method throws `unavailable`.
 */
export interface Store {
  get<T>(key: string): Promise<Entry<T> | undefined>;
  /** Entries whose key starts with `prefix`, in key order. */
  range<T>(prefix: string, options?: RangeOptions): Promise<Entry<T>[]>;
  /**
   * All writes or none, under one revision. Resolves when they are durable. A compare that fails writes nothing.
   * Deleting what is not there is no change. Throws `invalid` when it writes a key twice or a value that is not
   * JSON, `not-found` when a lease has ended, `insufficient` when the disk is full, `host` when it fails.
   */
  transact(transaction: Transaction): Promise<TransactionResult>;
  /**
   * Changes of keys that start with `prefix`, after `options.after` (default: from now on), in the order of revisions.
   * Ends when the signal aborts. Throws `unavailable` when that revision is compacted (too many changes ago, or
   * before this process opened the store): ask for the revision, read the range, watch from that revision.
   */
  watch<T>(prefix: string, options: WatchOptions): AsyncIterable<Change<T>>;
  /** A lease: keys written with it vanish `ttlMs` after the last `renew`, or at `revoke`. Throws `invalid`. */
  lease(ttlMs: number): Promise<Lease>;
  /** The newest revision. */
  revision(): Promise<bigint>;
  close(): Promise<void>;
}

export interface Entry<T> {
  key: string;
  value: T;
  createRevision: bigint;
  modRevision: bigint;
}

export interface RangeOptions {
  limit?: number;
  /** Only keys strictly greater than this one: the next page. */
  after?: string;
}

export interface WatchOptions {
  after?: bigint;
  signal: AbortSignal;
}

export interface Change<T> {
  key: string;
  /** Absent when the key was deleted. */
  value: T | undefined;
  revision: bigint;
}

export interface Transaction {
  /** Every one must hold, or nothing is written. */
  compares?: Compare[];
  writes: Write[];
}

/** The key's last change was at this revision; `0n`: the key must not exist. */
export interface Compare {
  key: string;
  modRevision: bigint;
}

export type Write = { put: string; value: unknown; lease?: Lease } | { delete: string };

export interface TransactionResult {
  succeeded: boolean;
  /** The store's revision after it. */
  revision: bigint;
}

export interface Lease {
  readonly id: string;
  /** This and `revoke` throw `not-found` once the lease has ended. */
  renew(): Promise<void>;
  revoke(): Promise<void>;
}

export const storeLimits = { writesPerTransaction: 100, valueBytes: 256 * 1024, keyBytes: 1024 } as const;
