import { closeSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makePlace } from '#host/mount/make-place.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { attachMount, unmountFlags, unmountSync } from '#host/sys/mounts.ts';
import type { MountPlan } from '../engine.ts';
import { openMount } from './mounts.ts';
import type { OciMount } from './oci.ts';
import type { IdMap } from './rootfs.ts';

/**
 * Puts what an instance is to see besides its root where crun finds it, as the guest is to see it, until crun has
 * taken copies. `folder`: a place of their own. Returns what crun has to be told.
 */
export function stageMounts(
  mounts: readonly MountPlan[],
  ids: IdMap | undefined,
  folder: string,
): OciMount[] {
  return mounts.map((plan, index) => {
    const mount = openMount(plan, ids, join(folder, 'scratch'));
    const place = join(folder, String(index));
    try {
      makePlace(place, mount.isFolder);
      attachMount(mount.fd, place);
    } finally {
      closeSync(mount.fd);
    }
    return { destination: plan.path, type: 'bind', source: place, options: ['rbind'] };
  });
}

/** Takes them away from there. What is not mounted, or a folder that is not there, is no failure. */
export function clearStage(folder: string): void {
  for (const name of readdirIfThere(folder)) {
    try {
      unmountSync(join(folder, name), unmountFlags.detach | unmountFlags.noFollow);
    } catch (error) {
      if (systemErrorCode(error) !== 'EINVAL') throw error;
    }
  }
}

function readdirIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return [];
  }
}
