import { statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { Fault } from '#model/fault.ts';
import type { RecordBatch, Records, StoredRecord } from '../local/records.ts';
import { type CheckedFile, sealKey } from './check-file.ts';
import { parseRecord, printRecord } from './record-text.ts';
import { afterWrite, emptyTally, printSeal, type Tally } from './tally.ts';

type Texts = Database<string, Buffer>;

/** Address space, not disk: how far the file can grow. */
const mapBytes = 2 ** 30;
/** With less than this the disk counts as full: LMDB reports every short write as an I/O error. */
const fullDiskBytes = 2 ** 20;
/** What LMDB itself says of it, when it says it. */
const enospc = constants.errno.ENOSPC;

// Buffer keys are compared by their bytes, which lmdb's own encoding of texts does only nearly.
const asTexts = { encoding: 'string', keyEncoding: 'binary' } as const;
const seal = Buffer.from(sealKey);

/** Records in one LMDB file. */
export class LmdbRecords implements Records {
  readonly #path: string;
  readonly #root: RootDatabase;
  readonly #records: Texts;
  readonly #leased: Texts;
  readonly #meta: Texts;
  #revision: bigint;
  #tally: Tally;

  /** `checked`: what the file says of itself, now that it was found whole. */
  constructor(path: string, checked: CheckedFile = { revision: 0n, tally: emptyTally }) {
    this.#path = path;
    this.#revision = checked.revision;
    this.#tally = checked.tally;
    this.#root = open({
      path,
      noSubdir: true,
      mapSize: mapBytes,
      // A commit resolves when it is on disk, not merely visible.
      overlappingSync: false,
      // With batches of its own, lmdb leaves a rejected promise behind that nobody can catch when the disk is full.
      eventTurnBatching: false,
      ...asTexts,
    });
    this.#records = this.#root.openDB('records', asTexts);
    this.#leased = this.#root.openDB('leased', asTexts);
    this.#meta = this.#root.openDB('meta', asTexts);
  }

  revision(): bigint {
    return this.#revision;
  }

  get(key: string): StoredRecord | undefined {
    const text = this.#records.get(Buffer.from(key));
    return text === undefined ? undefined : parseRecord(text);
  }

  *range(
    prefix: string,
    { after, limit }: { after: string; limit: number },
  ): Iterable<[string, StoredRecord]> {
    const first = Buffer.from(prefix);
    const next = after === '' ? first : Buffer.from(`${after}\0`);
    const start = Buffer.compare(first, next) < 0 ? next : first;
    let left = limit;
    for (const { key, value } of this.#records.getRange({ start })) {
      const text = key.toString();
      if (left <= 0 || !text.startsWith(prefix)) return;
      yield [text, parseRecord(value)];
      left -= 1;
    }
  }

  *leasedKeys(): Iterable<string> {
    for (const key of this.#leased.getKeys()) yield key.toString();
  }

  /** Throws `insufficient` when the disk is full, `host` when it refuses for another reason. */
  async commit(batch: RecordBatch): Promise<void> {
    const tally = this.#tallyAfter(batch);
    try {
      await this.#root.batch(() => this.#write(batch, tally));
    } catch (error) {
      throw await this.#writeFault(error);
    }
    this.#revision = batch.revision;
    this.#tally = tally;
  }

  /**
   * Copies what the newest commit left into the new file `path`, beside the main thread. Throws `host`, or
   * `insufficient` when the disk is full.
   */
  async copyTo(path: string): Promise<void> {
    try {
      await this.#root.backup(path, false);
    } catch (error) {
      throw await this.#writeFault(error);
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #tallyAfter({ records }: RecordBatch): Tally {
    let tally = this.#tally;
    for (const [key, record] of records) tally = afterWrite(tally, Buffer.from(key), this.get(key), record);
    return tally;
  }

  #write({ revision, records }: RecordBatch, tally: Tally): void {
    for (const [key, record] of records) {
      const bytes = Buffer.from(key);
      void (record ? this.#records.put(bytes, printRecord(record)) : this.#records.remove(bytes));
      void (record?.lease ? this.#leased.put(bytes, record.lease) : this.#leased.remove(bytes));
    }
    void this.#meta.put(seal, printSeal(revision, tally));
  }

  async #writeFault(error: unknown): Promise<Fault> {
    const commitError = (error as { commitError?: Promise<never> }).commitError;
    const cause = await commitError?.catch((reason: unknown) => reason);
    const { bavail, bsize } = await statfs(dirname(this.#path)); // bfree counts what ext4 keeps for itself, too
    const options = { cause: cause ?? error };
    if (bavail * bsize >= fullDiskBytes && (cause as { code?: unknown } | undefined)?.code !== enospc) {
      return new Fault('host', `Cannot write to the store in "${this.#path}"`, options);
    }
    return new Fault('insufficient', `Cannot write to the store in "${this.#path}": the disk is full`, {
      ...options,
      hint: 'Delete what is not needed on this file system.',
    });
  }
}
