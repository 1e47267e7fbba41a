import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Fault } from '#model/fault.ts';
import { isWithin, type MountEntry } from '../mount/mountinfo.ts';

/** Where this process finds its cgroup hierarchies. Hybrid hosts are v1 hosts with a v2 hierarchy beside. */
export type CgroupLayout =
  | { version: 2; mount: string }
  /** `hierarchies`: mount points by the controllers or the name of each. */
  | { version: 1; hierarchies: Record<string, string>; v2: string | undefined };

export const cgroupFolder = '/sys/fs/cgroup';

/** Throws `unsupported` when no cgroups are mounted where every program looks for them. */
export function cgroupLayout(mounts: readonly MountEntry[]): CgroupLayout {
  // A later mount hides an earlier one at the same place.
  const byTarget = new Map(mounts.map((entry) => [entry.target, entry]));
  if (byTarget.get(cgroupFolder)?.type === 'cgroup2') return { version: 2, mount: cgroupFolder };
  const visible = [...byTarget.values()].filter(({ target }) => isWithin(target, cgroupFolder));
  const v1 = visible.filter(({ type }) => type === 'cgroup');
  if (v1.length === 0) throw notMounted();
  return {
    version: 1,
    hierarchies: Object.fromEntries(v1.map((entry) => [hierarchyName(entry), entry.target])),
    v2: visible.find(({ type }) => type === 'cgroup2')?.target,
  };
}

/** `cpu,cpuacct`, or `name=systemd` for one without controllers. */
function hierarchyName({ superOptions, target }: MountEntry): string {
  const known = superOptions.filter((option) => v1Controllers.has(option) || option.startsWith('name='));
  return known.length > 0 ? known.join(',') : basename(target);
}

const v1Controllers = new Set(
  'blkio cpu cpuacct cpuset devices freezer hugetlb memory misc net_cls net_prio perf_event pids rdma'.split(
    ' ',
  ),
);

/** Name of the group that holds everything of a daemon, in each hierarchy. */
export const daemonGroup = (mark: string): string => `wadah_${mark}`;

/** Group of the unit that systemd leaves to us where Wadah is installed as a package: packaging/systemd holds it. */
export const delegatedUnit = 'machine.slice/wadah-instances.service';

/**
 * Path of a daemon's own group below each hierarchy. On v2 hosts it lies in the delegated unit, since groups beside
 * systemd's own lose their controllers whenever it sets its own up; without such a unit at the top. Groups that are
 * there already stay where they are, for as long as something lives in them.
 */
export function groupPathOf(layout: CgroupLayout, mark: string, isThere = existsSync): string {
  const group = daemonGroup(mark);
  if (layout.version === 1 || isThere(join(layout.mount, group))) return group;
  return isThere(join(layout.mount, delegatedUnit)) ? join(delegatedUnit, group) : group;
}

/** Where the v2 hierarchy is to be reached, on whichever host, for a daemon with runtime folder `run`. */
export const v2MountOf = (layout: CgroupLayout, run: string): string =>
  layout.version === 2 ? layout.mount : join(run, 'cgroup2');

function notMounted(): Fault {
  return new Fault('unsupported', `No cgroups are mounted at ${cgroupFolder}`, {
    hint: 'Mount them: mount -t cgroup2 none /sys/fs/cgroup',
  });
}
