import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { debianRecipe } from '#image/debian/debian-recipe.ts';
import { readHostApt } from '#image/debian/host-apt.ts';
import { debianReleases } from '#image/debian/releases.ts';
import type { Recipe } from '#image/recipe.ts';
import { cachedFolder } from './cache.ts';
import { cachedImage } from './images.ts';

const programs = new HostPrograms();
const [release = { version: '12', codename: 'bookworm', epoch: 0 }] = debianReleases;
const jdk = 'openjdk-17-jdk-headless';
/** What of its tree has to be there for `java` to run; the libraries that it loads are in the image already. */
const wanted = ['usr/lib/jvm', 'etc/java-17-openjdk'];

/** Runs a program of those in `test/harness/java`, which are in the image, as it is: `java FILE`. */
export const java = '/usr/lib/jvm/java-17-openjdk-amd64/bin/java';
export const javaPrograms = '/usr/share/java-tests';

/** Debian with systemd, and OpenJDK as Debian has it. */
export const javaRecipe: Recipe = {
  ...debianRecipe(programs, release),
  name: 'java',
  description: 'Debian with OpenJDK, for tests',
  types: ['container'],
  async build(folder) {
    const image = await cachedImage(`debian/${release.version}`);
    const root = path.join(folder, 'rootfs');
    await programs.run(['cp', '--archive', path.join(image.folder, 'rootfs'), root]);
    await programs.run(['cp', '--archive', '--parents', ...wanted, root], { cwd: await jdkTree() });
    await mkdir(path.join(root, javaPrograms));
    const sources = path.join(import.meta.dirname, 'java');
    await programs.run(['cp', '--recursive', `${sources}/.`, path.join(root, javaPrograms)]);
  },
};

/** OpenJDK with all that it depends on, unpacked: fetched once, while there is a network. */
async function jdkTree(): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(import.meta.filename))
    .digest('hex')
    .slice(0, 16);
  return path.join(await cachedFolder({ name: 'jdk', key, make: unpackJdk }), 'tree');
}

async function unpackJdk(folder: string): Promise<void> {
  const { mirror, options } = await readHostApt(programs, new AbortController().signal);
  const keys = mirror.signedBy ? `[signed-by=${mirror.signedBy}] ` : '';
  // apt gives up root for downloading, and would not get into the folder.
  await programs.run(
    [
      ...['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', 'mount --bind "$0" /mnt; exec "$@"'],
      ...[folder, 'mmdebstrap', '--mode=root', '--format=directory', '--variant=extract'],
      ...['--skip=check/empty', `--include=${jdk}`, ...options.map((option) => `--aptopt=${option}`)],
      ...[release.codename, '/mnt/tree', `deb ${keys}${mirror.url} ${release.codename} main`],
    ],
    { timeoutMs: 0 },
  );
}
