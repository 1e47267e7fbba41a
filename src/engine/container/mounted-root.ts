import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountedRoot, RunPlan } from '../engine.ts';
import { mountRoot, overlayOf, type RootPlaces, unmountRoot } from './rootfs.ts';

/** Mounts the root of an instance that does not run, unmapped, so that its files have the guest's own ids. */
export async function mountStoppedRoot(
  folder: string,
  plan: Pick<RunPlan, 'id' | 'name' | 'root'>,
): Promise<MountedRoot> {
  const root = overlayOf(plan);
  const path = join(folder, plan.id);
  const places: RootPlaces = {
    lower: (index) => join(path, `lower${index}`),
    disk: join(path, 'disk'),
    root: join(path, 'root'),
  };
  const unmount = async (): Promise<void> => {
    unmountRoot(root, places);
    await removePlace(path);
  };
  unmountRoot(root, places); // of a daemon that was killed meanwhile
  try {
    await mountRoot(root, places, undefined);
  } catch (error) {
    // A layer that has gone, with an instance that is deleted at this moment.
    await unmount();
    throw error;
  }
  return { path: places.root, unmount };
}

/** Removes the places of a daemon that was killed meanwhile, from which everything has been unmounted. */
export async function removePlaces(folder: string): Promise<void> {
  for (const id of await readdir(folder)) await removePlace(join(folder, id));
}

/** Not the contents of anything: should something be mounted after all, it stays as it is. */
async function removePlace(path: string): Promise<void> {
  for (const place of await readdir(path)) await rmdir(join(path, place));
  await rmdir(path);
}
