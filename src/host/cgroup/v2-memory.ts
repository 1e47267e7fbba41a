import { systemErrorCode } from '../sys/libc.ts';
import type { LimitOptions, MemoryLimit } from './cgroups.ts';
import { noController, noSwapAccounts, tooMuchInUse } from './faults.ts';
import { read, readNumber, write } from './files.ts';

/** Limits the memory of a v2 group. Throws `insufficient` when what is in use cannot be taken back, unless forced. */
export async function limitMemoryV2(
  folder: string,
  limit: MemoryLimit | undefined,
  { isForced }: LimitOptions,
): Promise<void> {
  if (read(folder, 'memory.max') === undefined) {
    if (limit) throw noController('memory');
    return;
  }
  const { bytes, isSoft = false, swapBytes } = limit ?? {};
  await limitSwap(folder, swapBytes);
  const most = isSoft ? undefined : bytes;
  if (most !== undefined) await takeBack(folder, most, isForced);
  await write(folder, 'memory.max', most ?? 'max');
  await write(folder, 'memory.high', isSoft ? (bytes ?? 'max') : 'max');
}

/** Before the limit holds: one below what is in use makes the kernel kill at once. */
async function takeBack(folder: string, bytes: number, isForced: boolean): Promise<void> {
  const excess = readNumber(folder, 'memory.current') - bytes;
  if (excess <= 0) return;
  const before = read(folder, 'memory.high') ?? 'max';
  await write(folder, 'memory.high', bytes); // lest it grow meanwhile
  await reclaim(folder, excess);
  const used = readNumber(folder, 'memory.current');
  if (used <= bytes || isForced) return;
  await write(folder, 'memory.high', before);
  throw tooMuchInUse(bytes, used);
}

/** What cannot be had is seen afterwards. */
async function reclaim(folder: string, bytes: number): Promise<void> {
  try {
    await write(folder, 'memory.reclaim', bytes);
  } catch (error) {
    if (!['EAGAIN', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error; // ENOENT: before Linux 5.19
  }
}

async function limitSwap(folder: string, bytes: number | undefined): Promise<void> {
  if (read(folder, 'memory.swap.max') !== undefined) return write(folder, 'memory.swap.max', bytes ?? 'max');
  if (bytes !== undefined) throw noSwapAccounts();
}
