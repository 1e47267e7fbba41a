import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { busyboxRecipe } from '#image/busybox/busybox-recipe.ts';
import type { Recipe } from '#image/recipe.ts';

const busybox = busyboxRecipe(new HostPrograms());

/** What containers are made from here, while the image that it resembles is built and deleted. */
export const soakImage: Recipe = {
  ...busybox,
  name: 'soak',
  async build(folder, signal, report) {
    await busybox.build(folder, signal, report);
    await writeFile(path.join(folder, 'rootfs/etc/soak'), '');
  },
};
