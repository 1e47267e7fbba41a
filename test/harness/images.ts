import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';
import { busyboxRecipe } from '#image/busybox/busybox-recipe.ts';
import { debianRecipe } from '#image/debian/debian-recipe.ts';
import { debianReleases } from '#image/debian/releases.ts';
import { measureTree } from '#image/fingerprint.ts';
import type { Recipe } from '#image/recipe.ts';
import { ImageRecords } from '#service/images/image-records.ts';
import { describeBuilt } from '#service/images/operations/build.ts';
import { openStores } from '#store/open-stores.ts';
import { cachedFolder } from './cache.ts';
import { TestHost } from './host.ts';
import { TestNetwork } from './netns.ts';

const sources = path.join(import.meta.dirname, '../../src/image');
const programs = new HostPrograms();
const recipes = [
  busyboxRecipe(programs),
  ...debianReleases.map((release) => debianRecipe(programs, release)),
];

/** One of the product's by name, or a recipe of the tests' own. */
export type ImageChoice = string | Recipe;

export interface SeedOptions {
  /** A copy of the tree stands in the pool, instead of a link. */
  isCopied?: boolean;
}

export interface CachedImage {
  recipe: Recipe;
  /** `rootfs/`, and `kernel` and `modules/` where the recipe makes them. Shared by all tests: only to be read. */
  folder: string;
  fingerprint: string;
  sizeBytes: number;
}

/**
 * An image built by the real recipe, once for all tests on this machine: `busybox` in no time, `debian/12` in half
 * a minute and from then on at once. Built again when anything that it comes from has changed.
 */
export async function cachedImage(choice: ImageChoice): Promise<CachedImage> {
  const recipe = typeof choice === 'string' ? recipeOf(choice) : choice;
  const place = await cachedFolder({
    name: recipe.name.replace('/', '-'),
    key: await hashOfSources(recipe === choice ? [sources, import.meta.dirname] : [sources]),
    make: (folder) => build(recipe, folder),
  });
  const measure = JSON.parse(await readFile(path.join(place, 'measure.json'), 'utf8')) as CachedImage;
  return { ...measure, recipe, folder: path.join(place, 'image') };
}

function recipeOf(name: string): Recipe {
  const recipe = recipes.find((known) => known.name === name);
  if (!recipe) throw new Error(`There is no recipe "${name}"`);
  return recipe;
}

async function build(recipe: Recipe, place: string): Promise<void> {
  const folder = path.join(place, 'image');
  await mkdir(folder);
  await recipe.build(folder, new AbortController().signal, () => {});
  await writeFile(path.join(place, 'measure.json'), JSON.stringify(await measureTree(folder)));
}

/**
 * Puts an image into the state directory of a daemon that does not run (yet), as if it had built it there. Its tree
 * stays in the cache: a link stands in the pool, and deleting the image deletes the link.
 */
export async function seedImage(
  directory: string,
  choice: ImageChoice,
  { isCopied = false }: SeedOptions = {},
): Promise<CachedImage> {
  const image = await cachedImage(choice);
  const { recipe, folder, fingerprint, sizeBytes } = image;
  const pool = await DirPool.open(path.join(directory, 'pool'), programs);
  const place = pool.imageFolder(fingerprint);
  if (isCopied) await programs.run(['cp', '--archive', folder, place]);
  else await symlink(folder, place);
  const stores = await openStores(directory);
  const project = 'default';
  await new ImageRecords(stores.shared).publish(describeBuilt(recipe, { project, fingerprint, sizeBytes }), {
    project,
    name: recipe.name,
    description: '',
    fingerprint,
  });
  await stores.close();
  return image;
}

/** A running throw-away daemon that has these images from its start. Call `remove` in `afterAll`. */
export async function makeHostWithImages(...images: ImageChoice[]): Promise<TestHost> {
  const directory = await mkdtemp('/var/tmp/wadah-it-');
  for (const image of images) await seedImage(directory, image);
  const host = new TestHost(directory, await TestNetwork.make());
  await host.startDaemon();
  return host;
}

/** Runs a shell script with the image for its root; what it writes is gone afterwards. Returns what it prints. */
export async function runInImage({ folder }: CachedImage, script: string): Promise<string> {
  const enter = `
    mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay overlay -o "lowerdir=$0,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
    exec chroot /mnt/root /bin/sh -ec "$1"`;
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  const rootfs = path.join(folder, 'rootfs');
  return (await programs.run([...unshare, 'sh', '-ec', enter, rootfs, script])).stdout.trim();
}

async function hashOfSources(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = await readdir(folder, { recursive: true });
    for (const file of files.filter((name) => /(?<!\.test)\.ts$/.test(name)).sort()) {
      hash.update(`${file}\0`).update(await readFile(path.join(folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
