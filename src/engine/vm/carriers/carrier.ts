import type { Carrier } from '../../carriers/carrier.ts';
import type { GroupGround } from '../../carriers/group-carriers.ts';
import type { RunPlan } from '../../engine.ts';
import type { Programs } from '#host/process/programs.ts';
import type { Proxies } from '#host/proxy/proxies.ts';
import type { QmpClient } from '../qmp/qmp-client.ts';

/** Carries out some of what a plan says on a virtual machine. Whoever can do it live has `limit` or `change`. */
export interface VmCarrier extends Carrier {
  /** Adds to the command line of its QEMU. */
  addArguments?(plan: RunPlan): string[];
  /** Writes to the groups of its QEMU: before that starts, and at every change while it runs. */
  limit?(ground: GroupGround, plan: RunPlan): Promise<void>;
  /** Works on its links: as soon as they are there, and at every change. */
  wire?(ground: { programs: Programs; proxies: Proxies }, plan: RunPlan): Promise<void>;
  /** Tells the QEMU that runs; also once before the guest begins. */
  change?(execute: QmpClient['execute'], plan: RunPlan): Promise<void>;
}
