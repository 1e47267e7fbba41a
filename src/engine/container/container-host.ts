import type { Logger } from '#base/logger.ts';
import type { Beancounters } from '#host/beancounters/beancounters.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import type { CpuPlacement } from '#host/cgroup/cpus.ts';
import type { GuestPaths } from '#host/guest-paths/guest-paths.ts';
import type { Lxcfs } from '#host/lxcfs/lxcfs.ts';
import type { Programs } from '#host/process/programs.ts';
import type { Proxies } from '#host/proxy/proxies.ts';
import type { Reboots } from '#host/reboots/reboots.ts';

/** What containers stand on. The mount namespace is the daemon's own; its cgroup mounts are there. */
export interface ContainerHost {
  /** Four hexadecimal digits in the names of all that this daemon makes. */
  mark: string;
  /** The daemon's runtime folder. */
  run: string;
  programs: Programs;
  cgroups: Cgroups;
  placement: CpuPlacement;
  beancounters: Beancounters;
  reboots: Pick<Reboots, 'open' | 'close' | 'find'>;
  proxies: Proxies;
  guestPaths: GuestPaths;
  lxcfs: Pick<Lxcfs, 'open' | 'close' | 'remove' | 'files' | 'onRestart' | 'rebind'>;
  logger: Logger;
}
