import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
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
import { TestHost } from './host.ts';
import { TestNetwork } from './netns.ts';

const cache = '/var/tmp/wadah-test-cache';
const sources = path.join(import.meta.dirname, '../../src/image');
const programs = new HostPrograms();
const recipes = [
  busyboxRecipe(programs),
  ...debianReleases.map((release) => debianRecipe(programs, release)),
];

export interface CachedImage {
  recipe: Recipe;
  /** `rootfs/`, and `kernel` and `modules/` where the recipe makes them. Shared by all tests: only to be read. */
  folder: string;
  fingerprint: string;
  sizeBytes: number;
}

/**
 * An image built by the real recipe, once for all tests on this machine: `busybox` in no time, `debian/12` in half
 * a minute and from then on at once. Built again when anything in src/image has changed.
 */
export async function cachedImage(name: string): Promise<CachedImage> {
  const recipe = recipes.find((known) => known.name === name);
  if (!recipe) throw new Error(`There is no recipe "${name}"`);
  const slot = `${name.replace('/', '-')}-${await hashOfSources()}`;
  const place = path.join(cache, slot);
  if (!existsSync(place)) await fill(place, recipe);
  const measure = JSON.parse(await readFile(path.join(place, 'measure.json'), 'utf8')) as CachedImage;
  return { ...measure, recipe, folder: path.join(place, 'image') };
}

/**
 * Puts an image into the state directory of a daemon that does not run (yet), as if it had built it there. Its tree
 * stays in the cache: a link stands in the pool, and deleting the image deletes the link.
 */
async function seedImage(directory: string, name: string): Promise<CachedImage> {
  const image = await cachedImage(name);
  const { recipe, folder, fingerprint, sizeBytes } = image;
  const pool = await DirPool.open(path.join(directory, 'pool'), programs);
  await symlink(folder, pool.imageFolder(fingerprint));
  const stores = await openStores(directory);
  const project = 'default';
  await new ImageRecords(stores.shared).publish(describeBuilt(recipe, { project, fingerprint, sizeBytes }), {
    project,
    name,
    description: '',
    fingerprint,
  });
  await stores.close();
  return image;
}

/** A running throw-away daemon that has these images from its start. Call `remove` in `afterAll`. */
export async function makeHostWithImages(...names: string[]): Promise<TestHost> {
  const directory = await mkdtemp('/var/tmp/wadah-it-');
  for (const name of names) await seedImage(directory, name);
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

async function fill(place: string, recipe: Recipe): Promise<void> {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  await forgetOlder(recipe.name.replace('/', '-'));
  const making = await mkdtemp(path.join(cache, 'making-'));
  try {
    const folder = path.join(making, 'image');
    await mkdir(folder);
    await recipe.build(folder, new AbortController().signal, () => {});
    await writeFile(path.join(making, 'measure.json'), JSON.stringify(await measureTree(folder)));
    await rename(making, place);
  } catch (error) {
    await rm(making, { recursive: true });
    throw error;
  }
}

async function forgetOlder(slotName: string): Promise<void> {
  for (const slot of await readdir(cache)) {
    if (slot.startsWith(`${slotName}-`)) await rm(path.join(cache, slot), { recursive: true });
  }
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const files = await readdir(sources, { recursive: true });
  for (const file of files.filter((name) => /(?<!\.test)\.ts$/.test(name)).sort()) {
    hash.update(`${file}\0`).update(await readFile(path.join(sources, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
