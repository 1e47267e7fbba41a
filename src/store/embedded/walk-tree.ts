import { headerBytes, noPage, type PageFile, pageFlags, type TreeRoot } from './page-file.ts';

const nodeFlags = { overflow: 1, subTree: 2 };

export interface TreeEntry {
  key: Buffer;
  value: Buffer;
  /** The value is the root of a tree in this one. */
  isTree: boolean;
}

export interface Tree extends TreeRoot {
  compare: (a: Buffer, b: Buffer) => number;
}

/** Keys of a branch or leaf lie between these; `undefined`: no bound. */
interface Bounds {
  least: Buffer | undefined;
  beyond: Buffer | undefined;
}

/**
 * All entries of a tree, in the order of their keys. Throws at the first thing that would mislead whoever searches
 * the tree: a page or node that is no such thing, a key at the wrong place, another depth or number of entries.
 */
export function* walkTree(pages: PageFile, tree: Tree): Generator<TreeEntry> {
  let entries = 0n;
  if (tree.page !== noPage) {
    for (const entry of walkPage(pages, tree, { page: tree.page, level: 1 })) {
      entries += 1n;
      yield entry;
    }
  }
  if (entries !== tree.entries) throw new Error(`a tree has ${entries} entries instead of ${tree.entries}`);
}

function* walkPage(
  pages: PageFile,
  tree: Tree,
  { page: number, level, least, beyond }: { page: bigint; level: number } & Partial<Bounds>,
): Generator<TreeEntry> {
  const page = pages.tree(number);
  const isLeaf = level === tree.depth;
  if (page.readUInt16LE(18) !== (isLeaf ? pageFlags.leaf : pageFlags.branch)) {
    throw new Error(`page ${number} is not what belongs there`);
  }
  const nodes = nodesOf(page, number);
  const keys = nodes.map((node, index) => (isLeaf || index > 0 ? keyOf(node) : least));
  requireOrder(keys, { least, beyond }, tree);
  for (const [index, node] of nodes.entries()) {
    if (isLeaf) yield entryOf(pages, node);
    else {
      const child = { page: BigInt(node.readUIntLE(0, 6)), level: level + 1 };
      yield* walkPage(pages, tree, { ...child, least: keys[index], beyond: keys[index + 1] ?? beyond });
    }
  }
}

/** From the beginning of each node to the end of the page. */
function nodesOf(page: Buffer, number: bigint): Buffer[] {
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  const isWhole = lower > 0 && lower % 2 === 0 && lower <= upper && upper <= page.length - headerBytes;
  if (!isWhole) throw new Error(`page ${number} is damaged`);
  return Array.from({ length: lower / 2 }, (_, slot) => {
    const offset = page.readUInt16LE(headerBytes + 2 * slot);
    if (offset < upper) throw new Error(`page ${number} has a node where none can be`);
    return page.subarray(headerBytes + offset);
  });
}

function keyOf(node: Buffer): Buffer {
  return take(node, 8, node.readUInt16LE(6));
}

function entryOf(pages: PageFile, node: Buffer): TreeEntry {
  const key = keyOf(node);
  const flags = node.readUInt16LE(4);
  const bytes = node.readUInt32LE(0);
  const place = 8 + key.length;
  const isOverflow = flags === nodeFlags.overflow;
  if (flags !== 0 && flags !== nodeFlags.subTree && !isOverflow) throw new Error(`a node has flags ${flags}`);
  const value = isOverflow
    ? pages.value(take(node, place, 8).readBigUInt64LE(0), bytes)
    : take(node, place, bytes);
  return { key, value, isTree: flags === nodeFlags.subTree };
}

function take(node: Buffer, from: number, bytes: number): Buffer {
  if (from + bytes > node.length) throw new Error('a node reaches beyond its page');
  return node.subarray(from, from + bytes);
}

function requireOrder(
  keys: readonly (Buffer | undefined)[],
  { least, beyond }: Bounds,
  { compare }: Tree,
): void {
  const bounded = [...keys, beyond];
  for (const [index, key] of keys.entries()) {
    const next = bounded[index + 1];
    const isOrdered = !key || ((!next || compare(key, next) < 0) && (!least || compare(least, key) <= 0));
    if (!isOrdered) throw new Error('keys are out of order');
  }
}
