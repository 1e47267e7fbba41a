import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { tryLock } from '#host/sys/locks.ts';
import { eventually } from './host.ts';

const cache = '/var/tmp/wadah-test-cache';
/** Longer than any run of tests: what is unused for so long is used by none of those that run beside this one. */
const keptUnusedMs = 3_600_000;
const longestMakingMs = 600_000;

export interface CacheSlot {
  name: string;
  /** Of all that its contents come from, in hexadecimal digits. */
  key: string;
  /** Fills an empty folder. */
  make(folder: string): Promise<void>;
}

/**
 * A folder that takes long to make, kept on this machine for all tests and for later runs: only to be read. Others of
 * that name go once nobody has used them for an hour. Runs beside each other wait for the one that makes it.
 */
export async function cachedFolder({ name, key, make }: CacheSlot): Promise<string> {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const place = path.join(cache, `${name}-${key}`);
  const lock = await lockOf(name);
  try {
    if (!existsSync(place)) {
      await forgetUnused(name);
      await fill(place, name, make);
    }
    const now = new Date();
    await utimes(place, now, now);
    return place;
  } finally {
    closeSync(lock);
  }
}

async function lockOf(name: string): Promise<number> {
  const fd = openSync(path.join(cache, `${name}.lock`), 'a', 0o600);
  await eventually(async () => {
    if (!tryLock(fd)) throw new Error(`Another run of tests has been making "${name}" for long`);
  }, longestMakingMs);
  return fd;
}

async function fill(place: string, name: string, make: CacheSlot['make']): Promise<void> {
  const making = await mkdtemp(path.join(cache, `${name}.making-`));
  try {
    await make(making);
    await rename(making, place);
  } catch (error) {
    await rm(making, { recursive: true });
    throw error;
  }
}

/** The lock is held: what is half made was left by a run that was killed. */
async function forgetUnused(name: string): Promise<void> {
  const slot = new RegExp(`^${name}-[0-9a-f]+$`);
  for (const found of await readdir(cache)) {
    const place = path.join(cache, found);
    const isHalfMade = found.startsWith(`${name}.making-`);
    const isUnused = slot.test(found) && Date.now() - (await stat(place)).mtimeMs > keptUnusedMs;
    if (isHalfMade || isUnused) await rm(place, { recursive: true });
  }
}
