import { open } from 'node:fs/promises';
import { checkAsync, libcFunction, systemErrorCode } from './libc.ts';

const fallocate = libcFunction('fallocate', 'int', ['int', 'int', 'long', 'long']);

/**
 * Gives a file, made when it is not there, so many bytes on its disk, without writing them. False when there is no
 * room for it, or its file system cannot.
 */
export async function allocate(path: string, bytes: number): Promise<boolean> {
  await using file = await open(path, 'a', 0o600);
  try {
    await checkAsync('fallocate', path, fallocate, file.fd, 0, 0, bytes);
    return true;
  } catch (error) {
    if (['ENOSPC', 'EDQUOT', 'EOPNOTSUPP'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
