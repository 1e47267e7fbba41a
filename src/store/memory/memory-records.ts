import type { RecordBatch, Records, StoredRecord } from '../local/records.ts';

export class MemoryRecords implements Records {
  readonly #records = new Map<string, StoredRecord>();
  /** All keys, in the order of their UTF-8 bytes. */
  readonly #keys: string[] = [];
  #revision = 0n;

  revision(): bigint {
    return this.#revision;
  }

  get(key: string): StoredRecord | undefined {
    return this.#records.get(key);
  }

  *range(
    prefix: string,
    { after, limit }: { after: string; limit: number },
  ): Iterable<[string, StoredRecord]> {
    let position = this.#firstNotBefore(prefix);
    if (after !== '') position = Math.max(position, this.#firstNotBefore(`${after}\0`));
    for (let left = limit; left > 0; left -= 1) {
      const key = this.#keys[position];
      const record = key?.startsWith(prefix) ? this.#records.get(key) : undefined;
      if (key === undefined || !record) return;
      yield [key, record];
      position += 1;
    }
  }

  leasedKeys(): Iterable<string> {
    return [];
  }

  async commit({ revision, records }: RecordBatch): Promise<void> {
    for (const [key, record] of records) {
      if (record) this.#put(key, record);
      else this.#remove(key);
    }
    this.#revision = revision;
  }

  async close(): Promise<void> {}

  #put(key: string, record: StoredRecord): void {
    if (!this.#records.has(key)) this.#keys.splice(this.#firstNotBefore(key), 0, key);
    this.#records.set(key, record);
  }

  #remove(key: string): void {
    if (this.#records.delete(key)) this.#keys.splice(this.#firstNotBefore(key), 1);
  }

  /** Position of the first key that is not before `key`, by bisection. */
  #firstNotBefore(key: string): number {
    const bytes = Buffer.from(key);
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.from(this.#keys[middle] ?? '').compare(bytes) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
