import { systemErrorCode } from '../sys/libc.ts';
import type { BpfCalls } from './kernel-calls.ts';

const BPF_F_NO_PREALLOC = 1;

const mapTypes = {
  hash: { number: 1, flags: BPF_F_NO_PREALLOC },
  recent: { number: 9, flags: 0 },
  group: { number: 19, flags: 0 },
} as const;

/**
 * How a map is made. Hash maps take memory only for what is in them, and for a table of `maxEntries` places. A `recent`
 * map takes all of it at once, and drops the oldest when it is full. A `group`
 * map holds one value for each cgroup that a program using it is attached to, by the group's number.
 */
export interface MapShape {
  /** At most 15 characters. */
  name: string;
  type: keyof typeof mapTypes;
  keyBytes: number;
  valueBytes: number;
  maxEntries: number;
}

/** A table that programs in the kernel and this process share. */
export class BpfMap {
  readonly fd: number;
  readonly #calls: BpfCalls;
  readonly #shape: MapShape;

  constructor(calls: BpfCalls, fd: number, shape: MapShape) {
    this.#calls = calls;
    this.fd = fd;
    this.#shape = shape;
  }

  /** Throws `host`. */
  static make(calls: BpfCalls, shape: MapShape): BpfMap {
    const { name, type, keyBytes, valueBytes, maxEntries } = shape;
    const { number, flags } = mapTypes[type];
    const attributes = { 0: number, 4: keyBytes, 8: valueBytes, 12: maxEntries, 16: flags };
    return new BpfMap(calls, calls.call('createMap', attributes, { 28: name }), shape);
  }

  find(key: Buffer): Buffer | undefined {
    const value = this.#calls.place(Buffer.alloc(this.#shape.valueBytes));
    if (!this.#ifThere('lookUp', { 8: this.#place(key), 16: BigInt(value) })) return undefined;
    return this.#calls.read(value, this.#shape.valueBytes);
  }

  set(key: Buffer, value: Buffer): void {
    if (value.length !== this.#shape.valueBytes) throw new Error(`A value of ${this.#shape.name} is longer`);
    const places = { 8: this.#place(key), 16: BigInt(this.#calls.place(value)) };
    this.#calls.call('update', { 0: this.fd, ...places });
  }

  /** Not there: succeeds. */
  delete(key: Buffer): void {
    this.#ifThere('delete', { 8: this.#place(key) });
  }

  keys(): Buffer[] {
    const found: Buffer[] = [];
    for (let key = this.#next(undefined); key; key = this.#next(key)) found.push(key);
    return found;
  }

  #next(before: Buffer | undefined): Buffer | undefined {
    const next = this.#calls.place(Buffer.alloc(this.#shape.keyBytes));
    const key = before ? this.#place(before) : 0n;
    if (!this.#ifThere('nextKey', { 8: key, 16: BigInt(next) })) return undefined;
    return this.#calls.read(next, this.#shape.keyBytes);
  }

  #place(key: Buffer): bigint {
    if (key.length !== this.#shape.keyBytes) throw new Error(`A key of ${this.#shape.name} is longer`);
    return BigInt(this.#calls.place(key));
  }

  #ifThere(command: 'lookUp' | 'delete' | 'nextKey', places: Record<number, bigint>): boolean {
    try {
      this.#calls.call(command, { 0: this.fd, ...places });
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }
}
