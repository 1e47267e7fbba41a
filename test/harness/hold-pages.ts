import path from 'node:path';
import { open } from 'lmdb';

/**
 * Lets the stores of a daemon reuse no page that they give up from now on, as somebody who reads them for long would:
 * each write takes new room on the disk. Returns what ends that.
 */
export function holdPages(directory: string): () => Promise<void> {
  const held = ['shared', 'node'].map((store) => {
    const root = open({ path: path.join(directory, 'store', store, 'data.mdb'), noSubdir: true });
    const transaction = root.useReadTransaction();
    root.getCount({ transaction });
    return { root, transaction };
  });
  return async () => {
    for (const { root, transaction } of held) {
      transaction.done();
      await root.close();
    }
  };
}
