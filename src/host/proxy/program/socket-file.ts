import { closeSync, lstatSync, unlinkSync } from 'node:fs';
import type { Owner } from '#model/device.ts';
import { withFileOwner } from '../../sys/credentials.ts';
import { systemErrorCode } from '../../sys/libc.ts';
import { connectStream, listenStream } from '../../sys/sockets.ts';

/** A socket in a file system, as it was made. */
export interface SocketFile {
  device: number;
  inode: number;
}

/** As `listenStream` at a path, with the owner and the rights from its first moment on. One that nobody serves gives way. */
export function listenAtFile(path: string, { mode, uid, gid }: Owner & { mode: number }): number {
  const listen = () => withUmask(0o777 & ~mode, () => withFileOwner(uid, () => listenStream({ path }), gid));
  try {
    return listen();
  } catch (error) {
    if (systemErrorCode(error) !== 'EADDRINUSE' || !isLeftOver(path)) throw error;
    unlinkSync(path);
    return listen();
  }
}

export function statSocket(path: string): SocketFile | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSocket() ? { device: found.dev, inode: found.ino } : undefined;
}

/** Takes it away, unless another lies there now. */
export function removeSocketFile(path: string, { device, inode }: SocketFile): void {
  const found = statSocket(path);
  if (found?.device === device && found.inode === inode) unlinkSync(path);
}

/** Whoever made it has ended without taking it away. */
function isLeftOver(path: string): boolean {
  if (!statSocket(path)) return false;
  try {
    const fd = connectStream({ path });
    if (fd !== undefined) closeSync(fd);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ECONNREFUSED';
  }
}

function withUmask<T>(umask: number, work: () => T): T {
  const before = process.umask(umask);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}
