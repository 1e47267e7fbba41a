import { HostPrograms } from '#host/process/host-programs.ts';
import { debianRecipe } from '#image/debian/debian-recipe.ts';
import { debianPackages as imagePackages } from '#image/debian/packages.ts';
import { debianReleases } from '#image/debian/releases.ts';
import type { Recipe } from '#image/recipe.ts';
import { debianPackages } from '../../../scripts/lib/needs.mjs';

/** A Debian 12 with all that the package depends on, and what builds the image busybox: dpkg can install it offline. */
export async function debianHost(): Promise<Recipe> {
  const [release] = debianReleases;
  if (!release) throw new Error('No release of Debian is known');
  const packages = [...imagePackages, ...(await debianPackages('run')), 'busybox-static'];
  const recipe = debianRecipe(new HostPrograms(), release, packages);
  return { ...recipe, name: 'debian-host' };
}
