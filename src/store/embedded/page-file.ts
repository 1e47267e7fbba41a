import { fstatSync, readSync } from 'node:fs';

// The layout of LMDB's files: lmdb's mdb.c, version 2.

export const headerBytes = 24;
export const noPage = 2n ** 64n - 1n;
export const pageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 };

const magic = 0xbeefc0de;
const formatVersion = 2;
/** Header and as much of a meta page as says something. */
const metaBytes = headerBytes + 136;

/** What the file says of one of its trees. */
export interface TreeRoot {
  flags: number;
  depth: number;
  entries: bigint;
  page: bigint;
}

export interface Meta {
  pageBytes: number;
  transaction: bigint;
  lastPage: bigint;
  free: TreeRoot;
  main: TreeRoot;
  /** What never changes in the life of a file. */
  constants: Buffer;
}

/** Reads the root of a tree, as a meta page or a leaf of the main tree holds it. */
export function parseTreeRoot(bytes: Buffer): TreeRoot {
  return {
    flags: bytes.readUInt16LE(4),
    depth: bytes.readUInt16LE(6),
    entries: bytes.readBigUInt64LE(32),
    page: bytes.readBigUInt64LE(40),
  };
}

/** Both meta pages of an open file; `undefined` when it is empty. Throws when one is damaged. */
export function readMetas(file: number): [Meta, Meta] | undefined {
  const head = Buffer.alloc(metaBytes);
  const read = readSync(file, head, 0, metaBytes, 0);
  if (read === 0) return undefined;
  const first = parseMeta(head, read);
  const second = parseMeta(head, readSync(file, head, 0, metaBytes, first.pageBytes));
  if (!first.constants.equals(second.constants)) throw new Error('the meta pages contradict each other');
  return [first, second];
}

function parseMeta(head: Buffer, read: number): Meta {
  const isMeta = read === head.length && head.readUInt16LE(18) === pageFlags.meta;
  if (!isMeta || head.readUInt32LE(24) !== magic) throw new Error('no LMDB file');
  const version = head.readUInt32LE(28) & 0xffff;
  if (version !== formatVersion) throw new Error(`unknown LMDB format ${version}`);
  const pageBytes = head.readUInt32LE(48);
  if (pageBytes < 256 || pageBytes > 65536) throw new Error(`impossible page size ${pageBytes}`);
  return {
    pageBytes,
    free: parseTreeRoot(head.subarray(48)),
    main: parseTreeRoot(head.subarray(96)),
    lastPage: head.readBigUInt64LE(144),
    transaction: head.readBigUInt64LE(152),
    constants: Buffer.concat([head.subarray(24, 54), head.subarray(96, 102)]),
  };
}

/** The pages of one database file, each of which belongs to one thing. */
export class PageFile {
  readonly pageBytes: number;
  readonly #file: number;
  readonly #newest: bigint;
  readonly #lastPage: bigint;
  readonly #taken = new Set<bigint>();
  #isLastFree = false;

  constructor(file: number, { pageBytes, transaction, lastPage }: Meta) {
    this.#file = file;
    this.pageBytes = pageBytes;
    this.#newest = transaction;
    this.#lastPage = lastPage;
  }

  /** A tree's page. Throws, like the other methods, when it is damaged or belongs to something else. */
  tree(number: bigint): Buffer {
    this.#take(number, 1n);
    return this.#readFirst(number, 1);
  }

  /** A value that has pages of its own. */
  value(number: bigint, bytes: number): Buffer {
    const count = Math.ceil((headerBytes + bytes) / this.pageBytes);
    this.#take(number, BigInt(count));
    const pages = this.#readFirst(number, count);
    const isOwn = pages.readUInt16LE(18) === pageFlags.overflow && pages.readUInt32LE(20) === count;
    if (!isOwn) throw new Error(`page ${number} is damaged`);
    return pages.subarray(headerBytes, headerBytes + bytes);
  }

  /** Pages that the next writer may take: nothing lies in them. LMDB may name one twice. */
  takeFree(first: bigint, count: bigint): void {
    this.#requireInside(first, count);
    for (let number = first; number < first + count; number += 1n) {
      if (this.#taken.has(number)) throw new Error(`page ${number} is in use and free`);
      if (number === this.#lastPage) this.#isLastFree = true;
    }
  }

  /** That the last page is there, or free: then the file may be shorter. */
  requireEnd(): void {
    const { size } = fstatSync(this.#file, { bigint: true });
    const isThere = size >= (this.#lastPage + 1n) * BigInt(this.pageBytes);
    if (!isThere && !this.#isLastFree) throw new Error(`there is no page ${this.#lastPage}`);
  }

  /** Which transaction wrote the page. */
  writer(number: bigint): bigint {
    return this.#read(number, 1).readBigUInt64LE(8);
  }

  #take(first: bigint, count: bigint): void {
    this.#requireInside(first, count);
    for (let number = first; number < first + count; number += 1n) {
      if (this.#taken.has(number)) throw new Error(`page ${number} is in use twice`);
      this.#taken.add(number);
    }
  }

  #requireInside(first: bigint, count: bigint): void {
    if (first < 2n || first + count - 1n > this.#lastPage) throw new Error(`there is no page ${first}`);
  }

  /** The first page of a value, or a tree's: it bears its own number and an old enough transaction. */
  #readFirst(number: bigint, count: number): Buffer {
    const pages = this.#read(number, count);
    const isOwn = pages.readBigUInt64LE(0) === number && pages.readBigUInt64LE(8) <= this.#newest;
    if (!isOwn) throw new Error(`page ${number} is damaged`);
    return pages;
  }

  #read(number: bigint, count: number): Buffer {
    const pages = Buffer.allocUnsafe(count * this.pageBytes);
    const read = readSync(this.#file, pages, 0, pages.length, number * BigInt(this.pageBytes));
    if (read < pages.length) throw new Error(`page ${number} lies beyond the end of the file`);
    return pages;
  }
}
