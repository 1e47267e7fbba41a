import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import { kernelPackageFolder } from './bootstrap.ts';

/**
 * Puts the kernel beside the tree, where virtual machines find it and containers do not pay for it: `kernel` is
 * what boots, `modules/` what is /lib/modules in a guest.
 */
export async function unpackKernel(programs: Programs, folder: string, signal: AbortSignal): Promise<void> {
  const packages = join(folder, kernelPackageFolder);
  const unpacked = join(packages, 'unpacked');
  const [name] = await readdir(packages);
  if (name === undefined) throw new Fault('host', 'apt downloaded no kernel, and did not say why');
  await programs.run(['dpkg-deb', '--extract', join(packages, name), unpacked], {
    signal,
    timeoutMs: 0,
    purpose: `unpack ${name}`,
  });
  const boot = join(unpacked, 'boot');
  const kernel = (await readdir(boot)).find((file) => file.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new Fault('host', `${name} contains no kernel`);
  await rename(join(boot, kernel), join(folder, 'kernel'));
  await rename(join(unpacked, await modulesFolder(unpacked)), join(folder, 'modules'));
  await rm(packages, { recursive: true });
  await indexModules(programs, folder, signal);
}

/** Which module drives what and needs which, as the package's script would have found out. */
async function indexModules(programs: Programs, folder: string, signal: AbortSignal): Promise<void> {
  const [version = ''] = await readdir(join(folder, 'modules'));
  // depmod looks below lib/modules only.
  const base = join(folder, 'depmod');
  await mkdir(join(base, 'lib'), { recursive: true });
  await symlink('../../modules', join(base, 'lib/modules'));
  await programs.run(['depmod', '--basedir', base, version], {
    signal,
    purpose: 'index the modules of the kernel',
  });
  await rm(base, { recursive: true });
}

/** Newer packages know that /lib is a link to /usr/lib. */
async function modulesFolder(unpacked: string): Promise<string> {
  return (await readdir(unpacked)).includes('lib') ? 'lib/modules' : 'usr/lib/modules';
}
