import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { readXattrs } from '#host/sys/xattrs.ts';

export interface TreeMeasure {
  fingerprint: string;
  /** Space on the disk; a file with several names counts once. */
  sizeBytes: number;
  entries: number;
}

/** How many files are read at the same time; libuv's pool has four threads. */
const readers = 8;

/**
 * The fingerprint of a tree: SHA-256 of its manifest, which has one line of JSON for everything below `folder`,
 * sorted by the bytes of its path:
 *
 *     [path, type, mode, uid, gid, content, [[attribute, value in base64] …]]
 *
 * `path` is relative, its bytes read as Latin-1; `type` is one of `file dir link char block fifo socket`; `mode` is
 * octal; `content` is the SHA-256 of a file, the target of a link, the number of a device, else null. Times are
 * left out, so that building the same packages again gives the same fingerprint.
 */
export async function measureTree(folder: string, signal?: AbortSignal): Promise<TreeMeasure> {
  const root = Buffer.from(`${folder}/`);
  const paths = (await listTree(root, Buffer.alloc(0), signal)).sort(Buffer.compare);
  const entries = new Array<Entry>(paths.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < paths.length; index = next++) {
      signal?.throwIfAborted();
      entries[index] = await describe(root, paths[index] as Buffer);
    }
  };
  await Promise.all(Array.from({ length: readers }, work));
  const manifest = createHash('sha256');
  for (const { line } of entries) manifest.update(`${line}\n`);
  return { fingerprint: manifest.digest('hex'), sizeBytes: diskBytes(entries), entries: entries.length };
}

interface Entry {
  line: string;
  stats: BigIntStats;
}

async function listTree(root: Buffer, below: Buffer, signal: AbortSignal | undefined): Promise<Buffer[]> {
  signal?.throwIfAborted();
  const found: Buffer[] = [];
  const names = await readdir(Buffer.concat([root, below]), { encoding: 'buffer', withFileTypes: true });
  for (const entry of names) {
    const path = Buffer.concat([below, entry.name]);
    found.push(path);
    if (entry.isDirectory())
      for (const inner of await listTree(root, Buffer.concat([path, Buffer.from('/')]), signal))
        found.push(inner);
  }
  return found;
}

async function describe(root: Buffer, path: Buffer): Promise<Entry> {
  const full = Buffer.concat([root, path]);
  const stats = await lstat(full, { bigint: true });
  const attributes = (await readXattrs(full)).map(([name, value]) => [name, value.toString('base64')]);
  const line = JSON.stringify([
    path.toString('latin1'),
    typeOf(stats),
    (stats.mode & 0o7777n).toString(8),
    Number(stats.uid),
    Number(stats.gid),
    await contentOf(full, stats),
    attributes,
  ]);
  return { line, stats };
}

function typeOf(stats: BigIntStats): string {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isCharacterDevice()) return 'char';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

async function contentOf(path: Buffer, stats: BigIntStats): Promise<string | null> {
  if (stats.isFile()) return hashFile(path, Number(stats.size));
  if (stats.isSymbolicLink()) return (await readlink(path, 'buffer')).toString('latin1');
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return String(stats.rdev);
  return null;
}

async function hashFile(path: Buffer, size: number): Promise<string> {
  const hash = createHash('sha256');
  if (size === 0) return hash.digest('hex');
  await using file = await open(path, 'r');
  const buffer = Buffer.allocUnsafe(Math.min(size, 1024 * 1024));
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
  }
}

function diskBytes(entries: readonly Entry[]): number {
  const seen = new Set<bigint>();
  let blocks = 0n;
  for (const { stats } of entries) {
    if (!stats.isDirectory() && stats.nlink > 1n) {
      if (seen.has(stats.ino)) continue;
      seen.add(stats.ino);
    }
    blocks += stats.blocks;
  }
  return Number(blocks) * 512;
}
