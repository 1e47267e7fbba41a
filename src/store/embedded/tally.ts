import { crc32 } from 'node:zlib';
import type { StoredRecord } from '../local/records.ts';
import { printRecord } from './record-text.ts';

/**
 * How many entries a store's file has and the sum of their check sums: the same for the same content, whatever the
 * order in which it was written, so that each commit brings it up to date by what it changes alone.
 */
export interface Tally {
  entries: number;
  sum: number;
}

const modulus = 2 ** 48;

export const emptyTally: Tally = { entries: 0, sum: 0 };

export function withEntry({ entries, sum }: Tally, database: string, key: Buffer, value: Buffer): Tally {
  return { entries: entries + 1, sum: (sum + checksum(database, key, value)) % modulus };
}

function withoutEntry({ entries, sum }: Tally, database: string, key: Buffer, value: Buffer): Tally {
  return { entries: entries - 1, sum: (sum + modulus - checksum(database, key, value)) % modulus };
}

/** After a record came, in place of another or of none, or went. */
export function afterWrite(
  tally: Tally,
  key: Buffer,
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
): Tally {
  let next = tally;
  for (const [database, value] of entriesOf(before)) next = withoutEntry(next, database, key, value);
  for (const [database, value] of entriesOf(after)) next = withEntry(next, database, key, value);
  return next;
}

/** What a record is in the file: its text, and its lease once more by itself. */
function entriesOf(record: StoredRecord | undefined): [database: string, value: Buffer][] {
  if (!record) return [];
  const text: [string, Buffer] = ['records', Buffer.from(printRecord(record))];
  return record.lease === undefined ? [text] : [text, ['leased', Buffer.from(record.lease)]];
}

function checksum(database: string, key: Buffer, value: Buffer): number {
  const head = crc32(key, crc32(`${database} ${key.length} `));
  return crc32(value, head);
}

/** What a commit says of the whole file: its revision and tally, and a check sum of that. */
export function printSeal(revision: bigint, { entries, sum }: Tally): string {
  const text = `${revision} ${entries} ${sum}`;
  return `${text} ${crc32(text)}`;
}

/** Throws when the seal is no seal. */
export function parseSeal(seal: string): { revision: bigint; tally: Tally } {
  const [revision = '', entries, sum] = seal.split(' ');
  const tally = { entries: Number(entries), sum: Number(sum) };
  if (!/^\d+( \d+){3}$/.test(seal) || printSeal(BigInt(revision), tally) !== seal) {
    throw new Error('the seal is damaged');
  }
  return { revision: BigInt(revision), tally };
}
