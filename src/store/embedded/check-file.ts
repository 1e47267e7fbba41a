import { closeSync, openSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { type Meta, noPage, PageFile, parseTreeRoot, readMetas } from './page-file.ts';
import { emptyTally, parseSeal, type Tally, withEntry } from './tally.ts';
import { type TreeEntry, walkTree } from './walk-tree.ts';

// LMDB maps its file and trusts it: a file cut short ends the whole process by SIGBUS, a damaged page by SIGSEGV
// or abort(), a damaged value by nothing at all. So all of the file that says something is looked at before LMDB is,
// and what it holds is compared with what the newest commit said of it.

export interface CheckedFile {
  revision: bigint;
  tally: Tally;
}

/** The key, in the database `meta`, of what a commit says of the whole file. */
export const sealKey = 'seal';

/** As the file names them: with C's end of a text. */
const databases = ['leased\0', 'meta\0', 'records\0'];

/**
 * What the newest commit to the LMDB file at `path` said of it; `undefined` when there is no file, or nothing in it.
 * Throws `host` when the file is cut short or damaged, were it by one bit.
 */
export function checkDatabaseFile(path: string): CheckedFile | undefined {
  const file = openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const metas = readMetas(file);
    return metas && checkContent(file, metas);
  } catch (cause) {
    throw new Fault('host', `The store's file "${path}" is damaged: ${(cause as Error).message}`, {
      cause,
      hint: 'Put back the newest snapshot: wadahd --restore-store. The damaged file is kept beside it.',
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

function checkContent(file: number, metas: [Meta, Meta]): CheckedFile | undefined {
  const [first, second] = metas;
  const newest = second.transaction > first.transaction ? second : first;
  const pages = new PageFile(file, newest);
  for (const meta of metas) requireOwnRoot(pages, meta);
  const found = readTrees(pages, newest);
  checkFreeList(pages, newest);
  if (!found) return undefined;
  const { revision, tally } = parseSeal(found.seal);
  const isWhole = tally.entries === found.tally.entries && tally.sum === found.tally.sum;
  if (!isWhole) throw new Error('its content is not what was written last');
  return { revision, tally };
}

/**
 * Each commit writes the root of the main tree, and the one before it stays. So a meta page whose transaction has
 * been changed, which would make LMDB go back to the commit before, contradicts its root.
 */
function requireOwnRoot(pages: PageFile, { main, transaction }: Meta): void {
  if (main.page !== noPage && pages.writer(main.page) !== transaction) {
    throw new Error('a meta page has the number of another transaction');
  }
}

/** The seal, and the tally of what is there; `undefined` when nothing was ever committed. */
function readTrees(pages: PageFile, { main }: Meta): { seal: string; tally: Tally } | undefined {
  let seal: string | undefined;
  let tally = emptyTally;
  for (const { name, entries } of readDatabases(pages, main)) {
    for (const { key, value } of entries) {
      if (name === 'meta' && key.toString() === sealKey) seal = value.toString();
      else tally = withEntry(tally, name, key, value);
    }
  }
  if (seal !== undefined) return { seal, tally };
  if (tally.entries > 0) throw new Error('it has no seal');
  return undefined;
}

function* readDatabases(
  pages: PageFile,
  main: Meta['main'],
): Generator<{ name: string; entries: Iterable<TreeEntry> }> {
  const compare = Buffer.compare;
  for (const { key, value, isTree } of walkTree(pages, { ...main, compare })) {
    const isOurs = isTree && value.length === 48 && databases.includes(key.toString());
    const root = parseTreeRoot(value);
    if (!isOurs || root.flags !== 0) throw new Error('it holds something else');
    yield { name: key.toString('utf8', 0, key.length - 1), entries: walkTree(pages, { ...root, compare }) };
  }
}

/** A page that is in use and in the list as well would be overwritten by the next commit. */
function checkFreeList(pages: PageFile, { free }: Meta): void {
  const compare = (a: Buffer, b: Buffer): number => Number(a.readBigUInt64LE() - b.readBigUInt64LE());
  const lists = [...walkTree(pages, { ...free, compare })]; // all of it: its own pages are in use as well
  for (const { value } of lists)
    for (const { first, count } of freePages(value)) pages.takeFree(first, count);
  pages.requireEnd();
}

function* freePages(list: Buffer): Generator<{ first: bigint; count: bigint }> {
  const length = Number(list.readBigUInt64LE(0));
  for (let index = 1; index <= length; index += 1) {
    const entry = list.readBigInt64LE(8 * index);
    // Negative: so many pages from the one that the next entry names. Zero: an entry that is not used.
    if (entry < 0n) yield { first: list.readBigInt64LE(8 * (index += 1)), count: -entry };
    else if (entry > 0n) yield { first: entry, count: 1n };
  }
}
