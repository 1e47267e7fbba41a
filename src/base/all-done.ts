/**
 * As `Promise.all`, but settles only when all have: nothing goes on behind the back of whoever cleans up after a
 * failure. Throws the first failure, in the order of the list.
 */
export async function allDone<T extends readonly unknown[]>(
  work: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
