import type { Logger } from '#base/logger.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import type { CpuPlacement } from '#host/cgroup/cpus.ts';
import type { Programs } from '#host/process/programs.ts';
import type { Proxies } from '#host/proxy/proxies.ts';
import type { Acceleration } from './acceleration.ts';
import type { GuestAccess } from './guest-access.ts';

/** What virtual machines stand on. The mount namespace is the daemon's own. */
export interface VmHost {
  /** The daemon's runtime folder. */
  run: string;
  programs: Programs;
  cgroups: Cgroups;
  placement: CpuPlacement;
  proxies: Proxies;
  acceleration: Acceleration;
  guestAccess: GuestAccess;
  /** In place of SeaBIOS. */
  firmware?: string;
  logger: Logger;
}
