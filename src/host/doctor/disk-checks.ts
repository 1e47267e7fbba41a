import { formatBytes } from '#base/units.ts';
import { type MountEntry, isWithin } from '../mount/mountinfo.ts';
import { type Check, note, ok, problem, warning } from './check.ts';
import type { HostView } from './host-view.ts';

const gib = 2 ** 30;
/** A launch needs next to nothing, a build of Debian a good half GiB. */
const littleBytes = 2 * gib;
const leastBytes = gib / 4;

const space: Check = {
  name: 'disk-space',
  area: 'disk',
  about: 'how much room is left where images and disks lie',
  meaning: 'Images cannot be built, and writing fails in all instances at once.',
  remedy: 'Delete instances or images (`wadah image list`), or give the file system more room.',
  async run(host) {
    const { freeBytes, totalBytes } = await host.space();
    const what = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} is free at ${host.stateFolder}`;
    if (freeBytes < leastBytes) return problem(what);
    return freeBytes < littleBytes ? warning(what) : ok(what);
  },
};

const littleInodes = 50_000;
const leastInodes = 5_000;

const inodes: Check = {
  name: 'inodes',
  area: 'disk',
  about: 'how many more files there can be where images and disks lie',
  meaning:
    'Files cannot be made ("no space left on device") though there is room; an image of Debian has some ten thousand.',
  remedy:
    'Delete instances or images, or make the file system anew with more inodes (mkfs.ext4 -i), or as XFS or btrfs.',
  async run(host) {
    const { freeInodes, totalInodes } = await host.space();
    if (totalInodes === 0) return ok('The file system makes inodes as it needs them');
    const what = `${freeInodes} of ${totalInodes} inodes are free at ${host.stateFolder}`;
    if (freeInodes < leastInodes) return problem(what);
    return freeInodes < littleInodes ? warning(what) : ok(what);
  },
};

/** The mount on which a path lies: the longest target, and of those the last. */
function mountOf({ mounts, stateFolder }: HostView): MountEntry | undefined {
  const above = mounts().filter(({ target }) => isWithin(stateFolder, target));
  return above.reduce<MountEntry | undefined>(
    (best, entry) => (best === undefined || entry.target.length >= best.target.length ? entry : best),
    undefined,
  );
}

const remoteTypes = ['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'fuse.sshfs', 'vboxsf'];
const passingTypes = ['tmpfs', 'ramfs'];

const fileSystem: Check = {
  name: 'file-system',
  area: 'disk',
  about: 'which file system images and disks lie on',
  meaning: 'Disks of containers cannot lie there: overlayfs and maps of ids need a local file system.',
  remedy: 'Put the state folder (WADAH_DIR) on ext4, XFS or btrfs.',
  isCheap: true,
  run(host) {
    const found = mountOf(host);
    if (found === undefined) return ok(`Nothing is known of ${host.stateFolder}`);
    const what = `${host.stateFolder} lies on ${found.type}, mounted at ${found.target}`;
    if (remoteTypes.includes(found.type)) return problem(what);
    if (found.options.includes('ro'))
      return problem(`${what}, which is read-only`, {
        meaning: 'Nothing can be written.',
        remedy: `mount -o remount,rw ${found.target}`,
      });
    if (!passingTypes.includes(found.type)) return ok(what);
    return warning(what, {
      meaning: 'Images and disks lie in memory, and are gone after a boot.',
    });
  },
};

const projectQuota: Check = {
  name: 'project-quota',
  area: 'disk',
  about: 'whether the file system could limit folders, by project quotas',
  meaning:
    'A container can fill this file system for all, unless its root disk has a size: it then lies in an image file of its own from the next start on. Quotas of folders would do without the file. Disks of virtual machines always have a size.',
  remedy:
    'Give root disks a size, in the default profile or one by one: wadah config device add NAME root disk path=/ pool=default size=10GiB. Or keep the state folder on a file system of its own.',
  isCheap: true,
  run(host) {
    const found = mountOf(host);
    const options = [...(found?.options ?? []), ...(found?.superOptions ?? [])];
    if (found?.type === 'btrfs') return ok('btrfs has quotas of its own');
    if (options.some((option) => option === 'prjquota' || option === 'pquota')) return ok('They are on');
    return note('Project quotas are off where images and disks lie');
  },
};

export const diskChecks: readonly Check[] = [space, inodes, fileSystem, projectQuota];
