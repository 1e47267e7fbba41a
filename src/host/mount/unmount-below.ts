import { systemErrorCode } from '../sys/libc.ts';
import { unmount, unmountFlags } from '../sys/mounts.ts';
import { isWithin, readMounts } from './mountinfo.ts';

/**
 * Unmounts whatever is mounted at `folder` or below it in this namespace, the newest first. What is still in use
 * vanishes from the tree at once and is let go of with its last user. Nothing mounted: succeeds.
 */
export async function unmountBelow(folder: string): Promise<void> {
  const targets = readMounts().filter(({ target }) => isWithin(target, folder));
  for (const { target } of targets.reverse()) {
    await unmount(target, unmountFlags.detach | unmountFlags.noFollow).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EINVAL') throw error; // it went with one above it
    });
  }
}
