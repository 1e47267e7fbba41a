import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The file in the folder of an embedded store. */
export const databaseFile = (folder: string): string => join(folder, 'data.mdb');

/** Makes a folder for root alone, and sees to it that it is there after a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const topmostNew = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (topmostNew === undefined) return;
  for (let made = folder; made !== dirname(topmostNew); made = dirname(made)) await sync(dirname(made));
}

/** Resolves when a file's content, or a folder's names, would survive a power cut. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
