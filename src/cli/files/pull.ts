import { constants } from 'node:fs';
import { lstat, mkdir, open, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RemoteFile, readFile } from '#client/files.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { type GuestPath, inside, shown } from './guest-path.ts';
import { localFault } from './local-fault.ts';

export interface PullOptions {
  isRecursive: boolean;
  /** Make missing folders above the target. */
  makesParents: boolean;
}

/** Copies files, folders and links out of an instance, as `cp` would. `-` is standard output. */
export async function pull(
  context: Context,
  sources: readonly GuestPath[],
  target: string,
  options: PullOptions,
): Promise<void> {
  if (target === '-') return await pullToOutput(context, sources);
  const asFolder = target.endsWith('/') || sources.length > 1;
  if (options.makesParents) {
    const parent = asFolder ? target : dirname(target);
    await mkdir(parent, { recursive: true }).catch(localFault(parent));
  }
  const isFolder = asFolder || (await isLocalFolder(target));
  for (const source of sources) {
    const path = isFolder ? join(target, basename(source.path) || source.name) : target;
    try {
      await pullAny(context, source, path, { ...options, isNamed: true });
    } finally {
      context.output.progress.done('pull');
    }
  }
}

async function pullToOutput({ client, surroundings }: Context, sources: readonly GuestPath[]): Promise<void> {
  for (const source of sources) {
    const file = await readFile(client, source.name, source.path);
    if (file.type !== 'file') throw new Fault('invalid', `${shown(source)} is no file`);
    await pipeline(file.content, surroundings.stdout, { end: false });
  }
}

interface Step extends PullOptions {
  /** The user wrote this path; the guest had no say in it. */
  isNamed: boolean;
}

async function pullAny(context: Context, source: GuestPath, path: string, step: Step): Promise<void> {
  context.output.progress.update('pull', `Pulling ${shown(source)}`);
  const file = await readFile(context.client, source.name, source.path);
  if (file.type === 'file') return await saveFile(path, file.content, file.mode, step);
  if (file.type === 'symlink') return await symlink(file.target, path).catch(localFault(path));
  if (!step.isRecursive) {
    throw new Fault('invalid', `${shown(source)} is a folder`, { hint: 'Say -r to pull folders.' });
  }
  await saveFolder(path, file, step);
  for (const entry of file.entries) {
    requireEntry(entry, source);
    await pullAny(context, inside(source, entry), join(path, entry), { ...step, isNamed: false });
  }
}

async function saveFile(path: string, content: Readable, mode: number, { isNamed }: Step): Promise<void> {
  // A guest that sends a link and then a file of the same name must not write where the link points.
  const follow = isNamed ? 0 : constants.O_NOFOLLOW;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | follow;
  const file = await open(path, flags, mode & 0o777).catch((error: unknown) => {
    content.destroy();
    return localFault(path)(error);
  });
  await pipeline(content, file.createWriteStream()).catch(localFault(path));
}

async function saveFolder(path: string, { mode }: RemoteFile, { isNamed }: Step): Promise<void> {
  // Readable for us, or its files could not be written.
  await mkdir(path, (mode & 0o777) | 0o700).catch(async (error: NodeJS.ErrnoException) => {
    const found = isNamed ? await isLocalFolder(path) : (await lstat(path)).isDirectory();
    if (error.code !== 'EEXIST' || !found) localFault(path)(error);
  });
}

/** A hostile guest may say anything; what leads out of the folder is refused. */
function requireEntry(entry: string, folder: GuestPath): void {
  if (entry !== '' && entry !== '.' && entry !== '..' && !/[/\0]/.test(entry)) return;
  throw new Fault('forbidden', `${shown(folder)} claims to hold "${entry}"`, {
    hint: 'The guest tries to write outside the folder that you pull into. Do not trust it.',
  });
}

async function isLocalFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
