import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';

const mebibyte = 2 ** 20;
const block = Buffer.alloc(4096);

/** What takes the room: the most of it at once, and the rest block by block. */
export const junkFiles = (folder: string): [bulk: string, rest: string] => [
  path.join(folder, 'junk-bulk'),
  path.join(folder, 'junk'),
];

/** Fills the file system of `folder`, as guests might, but for so many bytes. Nothing else happens meanwhile. */
export function fillDisk(folder: string, leftBytes = 0): void {
  const [bulk, rest] = junkFiles(folder);
  const { bavail, bsize } = statfsSync(folder);
  const bulkBytes = bavail * bsize - mebibyte;
  if (bulkBytes > 0) spawnSync('fallocate', ['--length', String(bulkBytes), bulk]);
  const file = openSync(rest, 'w');
  try {
    ftruncateSync(file, Math.max(0, writeAll(file) - leftBytes));
  } finally {
    closeSync(file);
  }
}

/** Writes until there is no room. Returns how much that was, in bytes. */
function writeAll(file: number): number {
  for (let bytes = 0; ; ) {
    try {
      bytes += writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      return bytes;
    }
  }
}
