import { closeSync, readFileSync } from 'node:fs';
import type { GuestPaths } from '../guest-paths/guest-paths.ts';
import { parseMountinfo } from '../mount/mountinfo.ts';
import { cloneMount } from '../sys/mounts.ts';

/**
 * Replaces the mounts of a dead lxcfs in the mount namespace of process `pid` by live ones. No program of the guest's
 * runs for that: the files come along as descriptors of detached mounts.
 */
export async function rebindFiles(
  guestPaths: GuestPaths,
  pid: number,
  files: Record<string, string>,
): Promise<void> {
  const mounts = parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
  const isDead = ({ type, target }: (typeof mounts)[number]) =>
    type === 'fuse.lxcfs' && files[target] !== undefined;
  const dead = mounts.filter(isDead).map(({ target }) => target);
  if (dead.length === 0) return;
  const targets = [...new Set(dead)];
  const copies = targets.map((target) => cloneMount(files[target] ?? ''));
  try {
    await guestPaths.work(pid, { do: 'replace', dead, targets }, copies);
  } finally {
    for (const copy of copies) closeSync(copy);
  }
}
