import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { type RemoteAttributes, findFile, writeFile } from '#client/files.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { type GuestPath, inside, shown } from './guest-path.ts';
import { localFault } from './local-fault.ts';

export interface PushOptions {
  isRecursive: boolean;
  /** Make missing folders above the target. */
  makesParents: boolean;
  /** Instead of what the local file has. */
  attributes: Partial<RemoteAttributes>;
}

/** Copies local files, folders and links into an instance, as `cp` would. `-` is standard input. */
export async function push(
  context: Context,
  sources: readonly string[],
  target: GuestPath,
  options: PushOptions,
): Promise<void> {
  const { client } = context;
  if (options.makesParents) {
    await makeFolders(context, {
      ...target,
      path: target.isFolder ? target.path : posix.dirname(target.path),
    });
  }
  const isFolder =
    target.isFolder ||
    sources.length > 1 ||
    (await findFile(client, target.name, target.path))?.type === 'directory';
  for (const source of sources) {
    if (source === '-') await pushInput(context, isFolder, target, options);
    else
      await pushAny(context, source, isFolder ? inside(target, basename(resolve(source))) : target, options);
  }
}

async function pushInput(
  { client, surroundings }: Context,
  isFolder: boolean,
  target: GuestPath,
  { attributes }: PushOptions,
): Promise<void> {
  if (isFolder) {
    throw new Fault('invalid', `${shown(target)} is a folder`, { hint: 'Standard input needs a file name.' });
  }
  await writeFile(client, target.name, target.path, {
    type: 'file',
    ...attributes,
    content: surroundings.stdin,
    sizeBytes: undefined,
  });
}

async function pushAny(
  context: Context,
  source: string,
  target: GuestPath,
  options: PushOptions,
): Promise<void> {
  const { client, output } = context;
  output.progress.update('push', `Pushing ${source}`);
  try {
    // What is named is followed, what lies in a folder is copied as it is.
    const found = await stat(source).catch(localFault(source));
    if (found.isDirectory() && !options.isRecursive) {
      throw new Fault('invalid', `${source} is a folder`, { hint: 'Say -r to push folders.' });
    }
    if (found.isDirectory()) await pushFolder(context, source, target, options);
    else await pushFile(client, source, target, options);
  } finally {
    output.progress.done('push');
  }
}

async function pushFile(
  client: Context['client'],
  source: string,
  target: GuestPath,
  { attributes }: PushOptions,
): Promise<void> {
  const { mode, uid, gid, size } = await stat(source).catch(localFault(source));
  const content = createReadStream(source);
  // Opening it may fail; that is ours to tell, not the connection's.
  await new Promise<void>((opened, failed) =>
    content.once('open', () => opened()).once('error', failed),
  ).catch(localFault(source));
  const own = { mode: mode & 0o7777, uid, gid };
  await writeFile(client, target.name, target.path, {
    type: 'file',
    ...own,
    ...attributes,
    content,
    sizeBytes: size,
  });
}

async function pushFolder(
  context: Context,
  source: string,
  target: GuestPath,
  options: PushOptions,
): Promise<void> {
  const { client, output } = context;
  const { mode, uid, gid } = await stat(source).catch(localFault(source));
  // The mode that was asked for is that of files: a folder without x would be of no use.
  const own = { uid, gid, ...options.attributes, mode: mode & 0o7777 };
  if ((await findFile(client, target.name, target.path))?.type !== 'directory') {
    await writeFile(client, target.name, target.path, { type: 'directory', ...own });
  }
  for (const entry of await readdir(source).catch(localFault(source))) {
    const path = join(source, entry);
    const found = await lstat(path).catch(localFault(path));
    output.progress.update('push', `Pushing ${path}`);
    if (found.isDirectory()) await pushFolder(context, path, inside(target, entry), options);
    else if (found.isFile()) await pushFile(client, path, inside(target, entry), options);
    else if (found.isSymbolicLink()) await pushLink(client, path, inside(target, entry));
    else output.warn(`${path} is neither file, folder nor link: left out`);
  }
}

async function pushLink(client: Context['client'], source: string, { name, path }: GuestPath): Promise<void> {
  const target = await readlink(source).catch(localFault(source));
  await writeFile(client, name, path, { type: 'symlink', target });
}

async function makeFolders({ client }: Context, { name, path }: GuestPath): Promise<void> {
  const missing: string[] = [];
  for (let folder = path; folder !== '/'; folder = posix.dirname(folder)) {
    if (await findFile(client, name, folder)) break;
    missing.unshift(folder);
  }
  for (const folder of missing) await writeFile(client, name, folder, { type: 'directory', mode: 0o755 });
}
