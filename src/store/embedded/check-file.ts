import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '#model/fault.ts';

// LMDB maps its file and trusts it: a file cut short ends the whole process by SIGBUS, a damaged page by SIGSEGV
// or abort(). So every page that a reader can reach is looked at before LMDB is. Layout: lmdb's mdb.c, version 2.

const headerBytes = 24;
const magic = 0xbeefc0de;
const formatVersion = 2;
const noPage = 2n ** 64n - 1n;

const pageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 };
const nodeFlags = { overflow: 1, subTree: 2 };

interface Meta {
  transaction: bigint;
  pageBytes: number;
  roots: bigint[];
}

/** Throws `host` when the LMDB file at `path` is cut short or damaged. None, or an empty one, is fine. */
export function checkDatabaseFile(path: string): void {
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    const meta = newestMeta(file);
    if (meta) new TreeCheck(file, meta).run();
  } catch (cause) {
    throw new Fault('host', `The store's file "${path}" is damaged`, {
      cause,
      hint: 'Put a backup in its place. If there is none, move it away: the daemon then begins with an empty store.',
    });
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `undefined` for an empty file. */
function newestMeta(file: number): Meta | undefined {
  const head = Buffer.alloc(headerBytes + 144);
  const read = readSync(file, head, 0, head.length, 0);
  if (read === 0) return undefined;
  const first = parseMeta(head, read);
  const second = parseMeta(head, readSync(file, head, 0, head.length, first.pageBytes));
  return second.transaction > first.transaction ? second : first;
}

function parseMeta(head: Buffer, read: number): Meta {
  const isMeta = read === head.length && (head.readUInt16LE(18) & pageFlags.meta) !== 0;
  if (!isMeta || head.readUInt32LE(24) !== magic) throw new Error('no LMDB file');
  const version = head.readUInt32LE(28) & 0xffff;
  if (version !== formatVersion) throw new Error(`unknown LMDB format ${version}`);
  const pageBytes = head.readUInt32LE(48);
  if (pageBytes < 256 || pageBytes > 65536) throw new Error(`impossible page size ${pageBytes}`);
  return {
    transaction: head.readBigUInt64LE(152),
    pageBytes,
    roots: [head.readBigUInt64LE(88), head.readBigUInt64LE(136)],
  };
}

/** Walks the trees of one database file. */
class TreeCheck {
  readonly #file: number;
  readonly #pageBytes: number;
  readonly #newest: bigint;
  readonly #seen = new Set<bigint>();
  readonly #left: bigint[];

  constructor(file: number, { pageBytes, transaction, roots }: Meta) {
    this.#file = file;
    this.#pageBytes = pageBytes;
    this.#newest = transaction;
    this.#left = [...roots];
  }

  run(): void {
    for (let page = this.#left.pop(); page !== undefined; page = this.#left.pop()) {
      if (page !== noPage) this.#checkTreePage(page);
    }
  }

  #checkTreePage(number: bigint): void {
    const page = this.#readFirst(number);
    const isBranch = page.readUInt16LE(18) === pageFlags.branch;
    const isLeaf = page.readUInt16LE(18) === pageFlags.leaf;
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    const isWhole = (isBranch || isLeaf) && lower <= upper && upper <= this.#pageBytes - headerBytes;
    if (!isWhole) throw new Error(`page ${number} is damaged`);
    for (let slot = headerBytes; slot < headerBytes + lower; slot += 2) {
      const node = page.subarray(headerBytes + page.readUInt16LE(slot));
      if (isBranch) this.#left.push(BigInt(node.readUIntLE(0, 6)));
      else this.#checkLeafNode(node);
    }
  }

  /** A value lies in the node, or on pages of its own; or the node is the root of a named database. */
  #checkLeafNode(node: Buffer): void {
    const flags = node.readUInt16LE(4);
    const value = node.subarray(8 + node.readUInt16LE(6));
    if (flags & nodeFlags.overflow) {
      this.#checkOverflow(value.readBigUInt64LE(0), node.readUInt32LE(0));
    } else if (flags & nodeFlags.subTree) {
      this.#left.push(value.readBigUInt64LE(40));
    } else if (value.length < node.readUInt32LE(0)) {
      throw new Error('a value reaches beyond its page');
    }
  }

  #checkOverflow(number: bigint, valueBytes: number): void {
    const page = this.#readFirst(number);
    const count = page.readUInt32LE(20);
    const isOverflow = page.readUInt16LE(18) === pageFlags.overflow;
    if (!isOverflow || count * this.#pageBytes < headerBytes + valueBytes) {
      throw new Error(`page ${number} is damaged`);
    }
    this.#read(number + BigInt(count) - 1n);
  }

  /** A tree's page, or the first page of a value: it bears its own number and an old enough transaction. */
  #readFirst(number: bigint): Buffer {
    const page = this.#read(number);
    const isOwn = page.readBigUInt64LE(0) === number && page.readBigUInt64LE(8) <= this.#newest;
    if (!isOwn || this.#seen.has(number)) throw new Error(`page ${number} is damaged`);
    this.#seen.add(number);
    return page;
  }

  #read(number: bigint): Buffer {
    const page = Buffer.alloc(this.#pageBytes);
    const read = readSync(this.#file, page, 0, page.length, number * BigInt(this.#pageBytes));
    if (read < page.length) throw new Error(`page ${number} lies beyond the end of the file`);
    return page;
  }
}
