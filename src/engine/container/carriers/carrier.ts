import type { Beancounters } from '#host/beancounters/beancounters.ts';
import type { Cgroups, LimitOptions } from '#host/cgroup/cgroups.ts';
import type { GuestPaths } from '#host/guest-paths/guest-paths.ts';
import type { Programs } from '#host/process/programs.ts';
import type { Carrier } from '../../carriers/carrier.ts';
import type { GroupGround } from '../../carriers/group-carriers.ts';
import type { RunHandle, RunPlan } from '../../engine.ts';
import type { ContainerHost } from '../container-host.ts';
import type { OciConfig } from '../oci.ts';
import type { HostOffer } from '../spec.ts';

/** What carriers of containers work with. */
export interface Ground extends GroupGround {
  cgroups: Pick<Cgroups, 'setLimits' | 'folders'>;
  beancounters: Pick<Beancounters, 'setLimits'>;
}

/** A container while it is changed. */
export interface Running {
  /** Of its init. */
  pid: number;
  /** What it leaves: the plan that held before, or when a change is taken back, the one that was refused. */
  instead: RunPlan;
}

/** Carries out some of what a plan says on a container. Whoever can do it live has `limit` or `change`. */
export interface ContainerCarrier extends Carrier {
  /** Adds its part to the configuration from which crun makes the container. */
  specify?(config: OciConfig, plan: RunPlan, host: HostOffer): void;
  /** Writes to its groups: before init starts, and at every change while it runs. */
  limit?(ground: Ground, plan: RunPlan, how?: LimitOptions): Promise<void>;
  /** Works on its links: as soon as they are there, and at every change. */
  wire?(ground: { programs: Programs }, plan: RunPlan): Promise<void>;
  /** Connects it with the host: as soon as its init runs, and at every change. */
  connect?(
    ground: Pick<ContainerHost, 'proxies' | 'cgroups'>,
    plan: RunPlan,
    handle: RunHandle,
  ): Promise<void>;
  /** Changes what runs already; init has been started with what `specify` said. */
  change?(
    ground: Ground & { programs: Programs; guestPaths: Pick<GuestPaths, 'work'>; run: string },
    plan: RunPlan,
    running: Running,
  ): Promise<void>;
}
