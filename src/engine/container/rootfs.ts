import { closeSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sleep } from '#base/wait.ts';
import type { OverlayRoot, RunPlan } from '../engine.ts';
import { withFileOwner } from '#host/sys/credentials.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import {
  attachMount,
  cloneMount,
  idmapMount,
  mountFlags,
  mountSync,
  unmountFlags,
  unmountSync,
} from '#host/sys/mounts.ts';
import { Fault } from '#model/fault.ts';

const retryMs = 5;
const mostTries = 1000;

/** Places at which the layers and the stack of them are mounted. */
export interface RootPlaces {
  lower(index: number): string;
  /** Holds the upper layer and the work folder. */
  disk: string;
  root: string;
}

/** Of a container's plan. */
export function overlayOf({ root, name }: Pick<RunPlan, 'root' | 'name'>): OverlayRoot {
  if (root.kind !== 'overlay') throw new Error(`The container "${name}" has a disk for its root`);
  return root;
}

/** Ids inside and out: the user namespace that maps them, and whom its 0 is on the host. */
export interface IdMap {
  userNamespace: string;
  base: number;
}

/**
 * Stacks an instance's layers at `places.root`. On disk they hold the guest's own ids; with `ids` they are seen
 * through that map. Nothing is copied and nothing chowned. Throws `host`.
 */
export async function mountRoot(
  plan: OverlayRoot,
  places: RootPlaces,
  ids: IdMap | undefined,
): Promise<void> {
  for (const folder of [...placesOf(plan, places)]) mkdirSync(folder, { recursive: true });
  mountLayers(plan, places, ids);
  const data = overlayOptions(plan, places);
  const stack = (): void =>
    mountSync({ source: 'overlay', target: places.root, type: 'overlay', flags: mountFlags.noDev, data });
  // The overlay makes its files as whoever mounts it, and to the mapped layers host root is nobody: it would
  // quietly become read-only.
  await whenFree(() => (ids ? withFileOwner(ids.base, stack) : stack()));
}

/** Takes the mounts away from here; who holds the root keeps it. What is not mounted is no failure. */
export function unmountRoot(plan: Pick<OverlayRoot, 'lower'>, places: RootPlaces): void {
  for (const folder of placesOf(plan, places).reverse()) {
    try {
      unmountSync(folder, unmountFlags.detach | unmountFlags.noFollow);
    } catch (error) {
      if (!['EINVAL', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
    }
  }
}

const placesOf = ({ lower }: Pick<OverlayRoot, 'lower'>, places: RootPlaces): string[] => [
  ...lower.map((_, index) => places.lower(index)),
  places.disk,
  places.root,
];

function mountLayers({ lower, upper, work }: OverlayRoot, places: RootPlaces, ids: IdMap | undefined): void {
  const disk = dirname(upper);
  // overlayfs wants both on one mount.
  if (dirname(work) !== disk) throw new Error(`${upper} and ${work} must lie in one folder`);
  const usernsFd = ids && openSync(ids.userNamespace, 'r');
  try {
    for (const [index, layer] of lower.entries()) mountLayer(layer, places.lower(index), usernsFd);
    mountLayer(disk, places.disk, usernsFd);
  } finally {
    if (usernsFd !== undefined) closeSync(usernsFd);
  }
}

function mountLayer(layer: string, target: string, usernsFd: number | undefined): void {
  const mountFd = cloneMount(layer);
  try {
    if (usernsFd !== undefined) idmapMount(mountFd, usernsFd);
    attachMount(mountFd, target);
  } finally {
    closeSync(mountFd);
  }
}

// The index ties an upper layer to its lower one by file handles, which checkpoints need.
function overlayOptions({ lower, upper, work }: OverlayRoot, places: RootPlaces): string {
  const layers = lower.map((_, index) => places.lower(index)).join(':');
  const [upperdir, workdir] = [upper, work].map((folder) => join(places.disk, basename(folder)));
  return `lowerdir=${layers},upperdir=${upperdir},workdir=${workdir},index=on,nfs_export=on`;
}

/** The kernel lets go of a root some milliseconds after the last process that used it has ended. */
async function whenFree(mount: () => void): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return mount();
    } catch (error) {
      if (systemErrorCode(error) === 'ESTALE') throw otherLayers(error);
      if (systemErrorCode(error) !== 'EBUSY') throw error;
      if (attempt === mostTries) throw stillMounted(error);
      await sleep(retryMs);
    }
  }
}

function stillMounted(cause: unknown): Fault {
  return new Fault('busy', 'The root disk is still mounted elsewhere', {
    hint: 'A program that was started inside may still hold it; look for it with: grep overlay /proc/*/mounts',
    cause,
  });
}

/** What copies or restores a layer must clear trusted.overlay.origin above it. */
function otherLayers(cause: unknown): Fault {
  return new Fault('host', 'The root disk was made on another copy of its image', {
    hint: 'Was a folder of the pool copied or restored? An upper layer knows its lower ones by file handles.',
    cause,
  });
}
