import { constants, type Dirent, readdirSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../sys/libc.ts';

/** Text of a group's file; `undefined` when the group or the file is not there. Memory of the kernel, so it never waits. */
export function read(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), 'utf8').trim();
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** 0 when it is not there, or `max`. */
export function readNumber(folder: string, file: string): number {
  const value = Number(read(folder, file));
  return Number.isFinite(value) ? value : 0;
}

/** The number behind `key` in a file of lines `key number`. */
export function readKeyed(folder: string, file: string, key: string): string | undefined {
  return new RegExp(`^${key} (\\d+)$`, 'm').exec(read(folder, file) ?? '')?.[1];
}

/** Writes to a file that the kernel made. May wait: the kernel takes memory back before it accepts a lower limit. */
export async function write(folder: string, file: string, value: string | number): Promise<void> {
  await writeFile(join(folder, file), String(value), { flag: constants.O_WRONLY | constants.O_TRUNC });
}

/** The groups right below one; none when it has gone. */
export function groupsBelow(folder: string): string[] {
  try {
    return foldersOf(folder, readdirSync(folder, { withFileTypes: true }));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

const foldersOf = (folder: string, entries: readonly Dirent[]): string[] =>
  entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));

/** All processes in the group and below it. */
export async function processesBelow(folder: string): Promise<number[]> {
  const below = foldersOf(folder, await readdir(folder, { withFileTypes: true }).catch(() => []));
  const own = (read(folder, 'cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(below.map(processesBelow))).flat()];
}
