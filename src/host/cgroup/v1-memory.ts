import { systemErrorCode } from '../sys/libc.ts';
import type { LimitOptions, MemoryLimit } from './cgroups.ts';
import { noController, noSwapAccounts, swapAlone, tooMuchInUse } from './faults.ts';
import { read, readNumber, write } from './files.ts';
import { killLargest } from './kill-largest.ts';

const none = -1;
const hard = 'memory.limit_in_bytes';
const soft = 'memory.soft_limit_in_bytes';
const withSwap = 'memory.memsw.limit_in_bytes';

/**
 * Limits the memory of a v1 group; `folder` is `undefined` where the host has no such controller. The kernel takes
 * memory back by itself before it accepts less, and refuses when it cannot.
 */
export async function limitMemoryV1(
  folder: string | undefined,
  limit: MemoryLimit | undefined,
  how: LimitOptions,
): Promise<void> {
  if (folder === undefined) {
    if (limit) throw noController('memory');
    return;
  }
  const { bytes, isSoft = false, swapBytes } = limit ?? {};
  const most = isSoft ? none : (bytes ?? none);
  if (swapBytes !== undefined && most === none) throw swapAlone();
  await limitBoth(folder, { memory: most, both: swapBytes === undefined ? none : most + swapBytes }, how);
  await write(folder, soft, isSoft ? (bytes ?? none) : none);
}

/** Never may the limit of memory with swap be below that of memory alone, not even for a moment. */
async function limitBoth(
  folder: string,
  { memory, both }: { memory: number; both: number },
  how: LimitOptions,
): Promise<void> {
  const before = read(folder, withSwap);
  if (before === undefined) {
    if (both !== none) throw noSwapAccounts();
    return lower(folder, { file: hard, bytes: memory }, how);
  }
  const order = [
    [hard, memory],
    [withSwap, both],
  ] as const;
  const isRaising = both === none || both >= Number(before);
  for (const [file, value] of isRaising ? order.toReversed() : order)
    await lower(folder, { file, bytes: value }, how);
}

async function lower(
  folder: string,
  { file, bytes }: { file: string; bytes: number },
  { isForced }: LimitOptions,
): Promise<void> {
  for (;;) {
    try {
      return await write(folder, file, bytes);
    } catch (error) {
      if (systemErrorCode(error) !== 'EBUSY') throw error;
      // v2 kills by itself then, v1 never does.
      if (isForced && (await killLargest(folder))) continue;
      throw tooMuchInUse(bytes, readNumber(folder, 'memory.usage_in_bytes'), error);
    }
  }
}
