import { access, chmod, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '#host/storage/make-folder.ts';

/** Something to be put into a tree; `path` is relative to its root. */
export type TreeEntry =
  | { path: string; text: string; mode?: number }
  | { path: string; link: string }
  | { path: string; folder: true; mode?: number };

/**
 * Puts entries into a tree, in place of whatever has their names; missing parents are made. Modes are as said
 * (default 0644 and 0755), whatever the umask. Throws an Error when a link in the tree leads out of it.
 */
export async function writeTree(root: string, entries: readonly TreeEntry[]): Promise<void> {
  const top = await realpath(root);
  for (const entry of entries) await writeEntry(top, entry);
}

async function writeEntry(top: string, entry: TreeEntry): Promise<void> {
  await makeFolders(dirname(join(top, entry.path)));
  const path = await placeOf(top, entry.path);
  if ('folder' in entry) {
    await makeFolders(path);
    return chmod(path, entry.mode ?? 0o755);
  }
  await rm(path, { recursive: true, force: true });
  if ('link' in entry) return symlink(entry.link, path);
  await writeFile(path, entry.text, { flag: 'wx' });
  await chmod(path, entry.mode ?? 0o644);
}

/** Takes things out of a tree; those that are not there already are fine. */
export async function removeFromTree(root: string, paths: readonly string[]): Promise<void> {
  const top = await realpath(root);
  for (const path of paths) {
    if (await isThere(dirname(join(top, path))))
      await rm(await placeOf(top, path), { recursive: true, force: true });
  }
}

/** The real path of an entry's parent, with the entry's own name below it, which may be a link. */
async function placeOf(top: string, path: string): Promise<string> {
  const wanted = join(top, path);
  const parent = await realpath(dirname(wanted));
  if (`${parent}/`.startsWith(`${top}/`)) return join(parent, basename(wanted));
  throw new Error(`${path} leads out of the tree, to ${parent}`);
}

async function makeFolders(path: string): Promise<void> {
  if (await isThere(path)) return;
  await makeFolders(dirname(path));
  await makeFolder(path);
  await chmod(path, 0o755);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
