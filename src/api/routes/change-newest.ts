import { isFault } from '#model/fault.ts';

/** How often a merge is made again when somebody else changes the object meanwhile. */
const attempts = 5;

/**
 * Merges into an object without losing what others write: `write` makes the change for the version that was
 * read, and is called again with a newer one when that was no longer the newest. With a requested ETag it is
 * called once. Throws `conflict`.
 */
export async function changeNewest<View extends { etag: string }, Result>(
  requested: string | undefined,
  read: () => Promise<View>,
  write: (view: View, etag: string) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const view = await read();
    try {
      return await write(view, requested ?? view.etag);
    } catch (error) {
      const mayTryAgain = requested === undefined && attempt < attempts;
      if (!mayTryAgain || !isFault(error, 'conflict')) throw error;
    }
  }
}
