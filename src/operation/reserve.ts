import type { Logger } from '#base/logger.ts';
import { asFault } from '#model/fault.ts';

/**
 * On a full disk, gives up the room that is kept back. Resolves to what keeps it back again, to be called once what
 * needed it is done; to `undefined` when the disk has room.
 */
export type BorrowReserve = () => Promise<(() => Promise<void>) | undefined>;

/** Where nothing is kept back. */
export const noReserve: BorrowReserve = async () => undefined;

/** As `borrow`; what goes wrong with it is told in the log, and no operation fails for that. */
export function tellingBorrow(borrow: BorrowReserve, logger: Logger): BorrowReserve {
  const tell = (error: unknown): undefined => {
    logger.warn({ err: error }, 'could not lend or keep the room that is kept back on the disk');
  };
  return async () => {
    const giveBack = await borrow().catch(tell);
    return giveBack && (() => giveBack().catch(tell));
  };
}

/** Does `work`, with the reserve where the disk is full already. */
export async function withReserve<T>(borrow: BorrowReserve, work: () => Promise<T>): Promise<T> {
  const giveBack = await borrow();
  return returning(giveBack, work);
}

/** Does `work`, which may be done twice: should it fail because the disk is full, once more with the reserve. */
export async function orWithReserve<T>(borrow: BorrowReserve, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const giveBack = asFault(error).code === 'insufficient' ? await borrow() : undefined;
    if (!giveBack) throw error;
    return returning(giveBack, work);
  }
}

async function returning<T>(giveBack: (() => Promise<void>) | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await giveBack?.();
  }
}
