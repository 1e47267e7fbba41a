import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountedRoot, RunPlan } from '../engine.ts';
import { mountRoot, overlayOf, type RootPlaces, unmountRoot } from './rootfs.ts';

/** Mounts the root of an instance that does not run, unmapped, so that its files have the guest's own ids. */
export async function mountStoppedRoot(folder: string, plan: RunPlan): Promise<MountedRoot> {
  const root = overlayOf(plan);
  const path = join(folder, plan.id);
  const places: RootPlaces = {
    lower: (index) => join(path, `lower${index}`),
    disk: join(path, 'disk'),
    root: join(path, 'root'),
  };
  unmountRoot(root, places); // of a daemon that was killed meanwhile
  await mountRoot(root, places, undefined);
  return {
    path: places.root,
    async unmount() {
      unmountRoot(root, places);
      const made = [places.root, places.disk, ...root.lower.map((_, index) => places.lower(index)), path];
      for (const place of made) await rmdir(place);
    },
  };
}

/** Removes the places of a daemon that was killed meanwhile, from which everything has been unmounted. */
export async function removePlaces(folder: string): Promise<void> {
  for (const id of await readdir(folder)) {
    const path = join(folder, id);
    // Not the contents of anything: should something be mounted after all, it stays as it is.
    for (const place of await readdir(path)) await rmdir(join(path, place));
    await rmdir(path);
  }
}
