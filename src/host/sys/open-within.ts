import { constants } from 'node:fs';
import { check, checkAsync, systemCall } from './libc.ts';

const openat2 = systemCall(437, ['int', 'str', 'void*', 'size_t']);

const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_IN_ROOT = 0x10;

export interface OpenWithin {
  /** Descriptor of the folder. */
  folder: number;
  path: string;
  /** O_ flags of `fs.constants` or `O_PATH`; read-only by default. */
  flags?: number;
  /** Permissions of a file that is made (with O_CREAT). */
  mode?: number;
  /**
   * `in-root`: the folder is the root, as a guest sees its own files: absolute links and `..` stay within.
   * `beneath`: whatever leads out is refused (EXDEV). `no-links`: beneath, and any symbolic link is refused (ELOOP).
   */
  how: 'in-root' | 'beneath' | 'no-links';
}

const resolveFlags = {
  'in-root': RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  beneath: RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
  'no-links': RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
};

/** Opens a path that somebody else wrote, never anything outside the folder. Throws `host`. The caller closes it. */
export async function openWithin(request: OpenWithin): Promise<number> {
  const how = openHow(request);
  return checkAsync('openat2', request.path, openat2, request.folder, request.path, how, how.length);
}

export function openWithinSync(request: OpenWithin): number {
  const how = openHow(request);
  return check('openat2', request.path, openat2(request.folder, request.path, how, how.length));
}

/** struct open_how: flags, mode, resolve. The kernel refuses a mode where nothing is made. */
function openHow({ flags = constants.O_RDONLY, mode = 0, how }: OpenWithin): Buffer {
  const buffer = Buffer.alloc(24);
  buffer.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  buffer.writeBigUInt64LE(BigInt(mode), 8);
  buffer.writeBigUInt64LE(BigInt(resolveFlags[how]), 16);
  return buffer;
}
