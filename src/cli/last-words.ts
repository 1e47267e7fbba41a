import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const tailBytes = 8192;

/**
 * What the daemon of a state folder wrote last to the log that `npm start` gives it: why it did not start, or that it
 * ended. `undefined` where there is no such log.
 */
export function lastWords(stateFolder: string): string | undefined {
  const lines = (readTail(join(stateFolder, 'log/daemon.log')) ?? '')
    .split('\n')
    .filter((line) => line !== '');
  const lastRecord = lines.findLastIndex((line) => line.startsWith('{'));
  // What keeps it from starting is no record of its log.
  const plain = lines.slice(lastRecord + 1);
  return plain.length > 0 ? plain.join(' ') : messageOf(lines[lastRecord]);
}

function readTail(path: string): string | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      const tail = Buffer.alloc(Math.min(size, tailBytes));
      const text = tail.toString('utf8', 0, readSync(fd, tail, 0, tail.length, size - tail.length));
      return size > tailBytes ? text.slice(text.indexOf('\n') + 1) : text; // from the first whole line on
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function messageOf(record: string | undefined): string | undefined {
  try {
    return (JSON.parse(record ?? '') as { msg?: string }).msg;
  } catch {
    return undefined; // written by halves, when the disk was full
  }
}
