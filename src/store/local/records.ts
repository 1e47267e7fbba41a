/** A document as a local store keeps it. */
export interface StoredRecord {
  createRevision: bigint;
  modRevision: bigint;
  /** Id of the lease that it vanishes with. */
  lease: string | undefined;
  /** The value as JSON text. */
  json: string;
}

/** What one commit leaves behind. */
export interface RecordBatch {
  /** The store's revision after it. */
  revision: bigint;
  /** `undefined`: the key is gone. */
  records: ReadonlyMap<string, StoredRecord | undefined>;
}

/** Where a local store keeps its documents. Reads see the newest commit; keys are ordered by their UTF-8 bytes. */
export interface Records {
  /** The revision that the newest commit left. */
  revision(): bigint;
  get(key: string): StoredRecord | undefined;
  /** Records whose key starts with `prefix` and is greater than `after`, in key order, at most `limit`. */
  range(prefix: string, options: { after: string; limit: number }): Iterable<[string, StoredRecord]>;
  /** Keys of records with a lease that an earlier process left. */
  leasedKeys(): Iterable<string>;
  /** All of it or nothing. Resolves when it is durable. Never called again before it has settled. */
  commit(batch: RecordBatch): Promise<void>;
  close(): Promise<void>;
}
