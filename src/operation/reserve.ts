/**
 * On a full disk, gives up the room that is kept back. Resolves to what keeps it back again; to be called once what
 * needed it is done.
 */
export type BorrowReserve = () => Promise<() => Promise<void>>;

/** Where nothing is kept back. */
export const noReserve: BorrowReserve = async () => async () => {};

export async function withReserve<T>(borrow: BorrowReserve, work: () => Promise<T>): Promise<T> {
  const giveBack = await borrow();
  try {
    return await work();
  } finally {
    await giveBack();
  }
}
