import { mkdir } from 'node:fs/promises';
import { systemErrorCode } from '../sys/libc.ts';

/** There already: succeeds. Node's own way of making several at once takes a full disk for a missing folder. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  await mkdir(path, mode).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  });
}
