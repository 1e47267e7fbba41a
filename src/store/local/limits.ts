import { Fault } from '#model/fault.ts';
import { type Compare, type Lease, storeLimits, type Transaction } from '../store.ts';

/** A write that keeps the limits, its value already as text: what callers change later has no effect. */
export interface CheckedWrite {
  key: string;
  /** `undefined`: delete. */
  json: string | undefined;
  lease: Lease | undefined;
}

export interface CheckedTransaction {
  compares: readonly Compare[];
  writes: readonly CheckedWrite[];
}

/** Throws `invalid` when `transaction` breaks a limit, repeats a key that it writes, or holds what is not JSON. */
export function checkTransaction({ compares = [], writes }: Transaction): CheckedTransaction {
  const size = compares.length + writes.length;
  const most = storeLimits.writesPerTransaction;
  if (size > most) {
    throw new Fault('invalid', `A store transaction has at most ${most} compares and writes, not ${size}`);
  }
  for (const { key } of compares) checkKey(key);
  const keys = new Set<string>();
  const checked = writes.map((write): CheckedWrite => {
    const key = 'put' in write ? write.put : write.delete;
    checkKey(key);
    if (keys.has(key)) throw new Fault('invalid', `A store transaction writes the key "${key}" twice`);
    keys.add(key);
    if ('delete' in write) return { key, json: undefined, lease: undefined };
    return { key, json: jsonOf(key, write.value), lease: write.lease };
  });
  return { compares: compares.map((compare) => ({ ...compare })), writes: checked };
}

/** Throws `invalid` unless `key` can be the key of a document. */
export function checkKey(key: string): void {
  if (key === '') throw new Fault('invalid', 'A store key cannot be empty');
  checkPrefix(key);
}

/** Throws `invalid` unless keys can begin with `prefix`. */
export function checkPrefix(prefix: string): void {
  const bytes = Buffer.from(prefix);
  if (bytes.length > storeLimits.keyBytes) {
    throw new Fault('invalid', `The store key "${prefix.slice(0, 40)}…" has ${bytes.length} bytes`, {
      hint: `A key has at most ${storeLimits.keyBytes} bytes.`,
    });
  }
  if (bytes.toString() !== prefix) {
    throw new Fault('invalid', `The store key "${prefix}" is no well-formed text`);
  }
}

function jsonOf(key: string, value: unknown): string {
  const json = stringify(key, value);
  if (json === undefined) throw new Fault('invalid', `The value of the store key "${key}" is not JSON`);
  const size = Buffer.byteLength(json);
  if (size <= storeLimits.valueBytes) return json;
  throw new Fault('invalid', `The value of the store key "${key}" has ${size} bytes`, {
    hint: `A value has at most ${storeLimits.valueBytes} bytes as JSON text.`,
  });
}

function stringify(key: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new Fault('invalid', `The value of the store key "${key}" is not JSON`, { cause });
  }
}
