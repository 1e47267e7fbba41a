import { closeSync, constants, createReadStream, createWriteStream, openSync } from 'node:fs';
import { chmod, lchown, lstat, mkdir, readdir, readlink, rmdir, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { O_PATH, openWithin } from '#host/sys/open-within.ts';
import { Fault } from '#model/fault.ts';
import type { GuestFile, NewGuestFile } from './files.ts';
import { noSuchFile } from './running-files.ts';

/** Files of an instance that does not run, below the folder where its root is mounted with the guest's own ids. */
export class StoppedFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async read(file: string): Promise<GuestFile> {
    return this.#inFolder(file, async (entry) => {
      const stats = await lstat(entry).catch(missing(file));
      const attributes = { uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 };
      if (stats.isSymbolicLink()) return { ...attributes, type: 'symlink', target: await readlink(entry) };
      if (stats.isDirectory())
        return { ...attributes, type: 'directory', entries: (await readdir(entry)).sort() };
      if (!stats.isFile())
        throw new Fault('unsupported', `${file} is neither a file, a directory nor a link`);
      const fd = openSync(entry, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const content = createReadStream('', { fd });
      return {
        ...attributes,
        type: 'file',
        sizeBytes: stats.size,
        modifiedAt: stats.mtime.toISOString(),
        content,
      };
    });
  }

  async write(file: string, wanted: NewGuestFile): Promise<void> {
    await this.#inFolder(file, async (entry) => {
      const existed = await lstat(entry).then(
        () => true,
        () => false,
      );
      if (wanted.type === 'directory') await makeFolder(entry, existed);
      if (wanted.type === 'symlink') await makeLink(entry, existed, wanted.target);
      if (wanted.type === 'file') await writeContent(entry, wanted);
      if (wanted.uid !== undefined || wanted.gid !== undefined)
        await lchown(entry, wanted.uid ?? -1, wanted.gid ?? -1);
      const mode = wanted.mode ?? (existed || wanted.type !== 'file' ? undefined : 0o644);
      if (mode !== undefined && wanted.type !== 'symlink') await chmod(entry, mode);
    });
  }

  async delete(file: string): Promise<void> {
    await this.#inFolder(file, async (entry) => {
      const stats = await lstat(entry).catch(missing(file));
      await (stats.isDirectory() ? rmdir(entry) : unlink(entry)).catch((error: unknown) => {
        throw new Fault('host', `Cannot delete ${file}`, { cause: error });
      });
    });
  }

  /**
   * Hands over the entry as a path through a descriptor of its folder. The folder was looked up as the guest
   * would, so links in it lead nowhere outside; the last part is never followed.
   */
  async #inFolder<T>(file: string, work: (entry: string) => Promise<T>): Promise<T> {
    const clean = path.posix.join('/', file);
    const root = openSync(this.#root, O_PATH | constants.O_DIRECTORY);
    try {
      const folder = await this.#openFolder(root, path.posix.dirname(clean), file);
      try {
        return await work(`/proc/self/fd/${folder}/${path.posix.basename(clean) || '.'}`);
      } finally {
        closeSync(folder);
      }
    } finally {
      closeSync(root);
    }
  }

  async #openFolder(root: number, folder: string, file: string): Promise<number> {
    const flags = O_PATH | constants.O_DIRECTORY;
    return openWithin({ folder: root, path: folder, flags, how: 'in-root' }).catch(missing(file));
  }
}

const missing =
  (file: string) =>
  (error: unknown): never => {
    throw noSuchFile(file, error);
  };

async function makeFolder(entry: string, existed: boolean): Promise<void> {
  if (!existed) await mkdir(entry, 0o755);
}

async function makeLink(entry: string, existed: boolean, target: string): Promise<void> {
  if (existed) await unlink(entry);
  await symlink(target, entry);
}

async function writeContent(entry: string, file: Extract<NewGuestFile, { type: 'file' }>): Promise<void> {
  const how = file.append ? constants.O_APPEND : constants.O_TRUNC;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | how;
  await pipeline(file.content, createWriteStream('', { fd: openSync(entry, flags, 0o600) }));
}
