import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { HostPrograms } from '#host/process/host-programs.ts';
import { makeBaseDisk, rootUuid } from '#host/storage/disks.ts';
import { kernelCommandLine } from '#image/boot.ts';
import { type TreeEntry, writeTree } from '#image/tree.ts';
import { debianPackages } from '../../../scripts/lib/needs.mjs';
import { cachedFolder } from '../cache.ts';
import { type CachedImage, cachedImage } from '../images.ts';
import type { NanoGuest } from '../nano.ts';
import { initScript, workFolder } from './init.ts';
import { copyPackages, installedPackages } from './packages.ts';

/** What boots an emulated host, and the disk that it boots from, which is only read. */
export interface EmulatedSystem extends NanoGuest {
  disk: string;
}

/** What every Debian has. */
const base = [
  'coreutils',
  'dash',
  'findutils',
  'grep',
  'hostname',
  'libc-bin',
  'procps',
  'sed',
  'sysvinit-utils',
];

const folders = [
  'dev',
  'mnt',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
  'usr/lib/modules',
  'var/lib/wadah',
  workFolder.slice(1),
];
const entries: TreeEntry[] = [
  ...folders.map((name): TreeEntry => ({ path: name, folder: true })),
  { path: 'usr/sbin/init', text: initScript, mode: 0o755 },
  { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' },
  { path: 'etc/group', text: 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' },
  { path: 'etc/hosts', text: '127.0.0.1 localhost\n' },
];

const programs = new HostPrograms();

/**
 * A Debian made of this host's own packages and node, with the kernel of the Debian image, on a disk: made once for
 * all runs, and again when one of them changes.
 */
export async function emulatedSystem(): Promise<EmulatedSystem> {
  const image = await cachedImage('debian/12');
  const packages = await installedPackages(programs, [...base, ...(await needs())]);
  const sources = await Promise.all(
    ['init.ts', 'packages.ts', 'system.ts'].map((name) =>
      readFile(path.join(import.meta.dirname, name), 'utf8'),
    ),
  );
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([image.fingerprint, packages, process.version, sources]))
    .digest('hex');
  const folder = await cachedFolder({
    name: 'emulated-host',
    key: fingerprint.slice(0, 16),
    make: (making) => makeSystem(making, { image, fingerprint, names: packages.map(({ name }) => name) }),
  });
  const commandLine = kernelCommandLine({ uuid: rootUuid(fingerprint), name: 'emulated' });
  return {
    kernel: path.join(folder, 'kernel'),
    initrd: path.join(folder, 'initrd'),
    disk: path.join(folder, 'disk'),
    commandLine: `${commandLine} mitigations=off panic=-1`,
  };
}

/** What Wadah asks for, where it runs both kinds. */
async function needs(): Promise<string[]> {
  return [...(await debianPackages('run')), ...(await debianPackages('run?')), 'busybox-static'];
}

interface Parts {
  image: CachedImage;
  fingerprint: string;
  names: readonly string[];
}

async function makeSystem(folder: string, { image, fingerprint, names }: Parts): Promise<void> {
  for (const file of ['kernel', 'initrd']) {
    await copyFile(path.join(image.folder, file), path.join(folder, file));
  }
  const tree = path.join(folder, 'tree');
  const root = path.join(tree, 'rootfs');
  await mkdir(root, { recursive: true });
  await copyPackages(programs, root, names);
  await writeTree(root, entries);
  await programs.run(['cp', '--archive', '--link', path.join(image.folder, 'modules'), tree]);
  const file = path.join(folder, 'disk');
  await makeBaseDisk(programs, { folder: tree, file, fingerprint }, new AbortController().signal);
  await rm(tree, { recursive: true });
}
