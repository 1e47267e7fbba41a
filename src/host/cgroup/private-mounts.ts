import { lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readMounts } from '../mount/mountinfo.ts';
import { requirePrivateNamespace } from '../mount/private-namespace.ts';
import { mount, mountFlags, unmount, unmountFlags } from '../sys/mounts.ts';
import { cgroupFolder, cgroupLayout, v2MountOf } from './layout.ts';

/**
 * Gives the containers' mount namespace cgroup mounts that crun accepts. Hosts with v2 alone are left as they
 * are. On others /sys/fs/cgroup holds v1 hierarchies only (crun refuses hybrid hosts, and even an empty folder
 * `unified`), and the v2 hierarchy, which works without controllers, is mounted in the runtime folder.
 * There already: changes nothing. Throws `unsupported` outside a private mount namespace.
 */
export async function prepareCgroupMounts(run: string): Promise<void> {
  const layout = cgroupLayout(readMounts());
  if (layout.version === 2) return;
  requirePrivateNamespace();
  const v2 = v2MountOf(layout, run);
  if (!readMounts().some(({ target }) => target === v2)) {
    await mkdir(v2, { recursive: true });
    await mount({ source: 'cgroup2', target: v2, type: 'cgroup2' });
  }
  if (layout.v2 !== undefined) await showOnly(Object.values(layout.hierarchies), join(run, 'cgroup1'));
}

/** Replaces /sys/fs/cgroup by a folder with nothing but these hierarchies, put together at `staging`. */
async function showOnly(hierarchies: string[], staging: string): Promise<void> {
  await mkdir(staging, { recursive: true });
  await mount({ source: 'cgroup', target: staging, type: 'tmpfs', data: 'mode=755' });
  for (const source of hierarchies) {
    const target = join(staging, basename(source));
    await mkdir(target);
    await mount({ source, target, flags: mountFlags.bind });
  }
  await copyLinks(staging); // `cpu` leads to `cpu,cpuacct` where the two share a hierarchy
  await unmount(cgroupFolder, unmountFlags.detach);
  await mount({ source: staging, target: cgroupFolder, flags: mountFlags.move });
}

async function copyLinks(target: string): Promise<void> {
  for (const name of await readdir(cgroupFolder)) {
    const link = join(cgroupFolder, name);
    if ((await lstat(link)).isSymbolicLink()) await symlink(await readlink(link), join(target, name));
  }
}
