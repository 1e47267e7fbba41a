import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMounts } from '../mount/mountinfo.ts';
import type { Cgroups } from './cgroups.ts';
import { CpuPlacement, parseCpuList } from './cpus.ts';
import { HostCgroups } from './host-cgroups.ts';
import { cgroupLayout, groupPathOf, v2MountOf } from './layout.ts';
import { OperationLeaves } from './operation-leaves.ts';
import { V1Controllers } from './v1-controllers.ts';
import { V2Controllers } from './v2-controllers.ts';

export interface OpenedCgroups {
  cgroups: Cgroups;
  leaves: OperationLeaves;
  placement: CpuPlacement;
  /** The daemon's own v2 group. Programs that outlive the daemon have leaves of their own in it. */
  root: string;
}

/**
 * The cgroups of the daemon with that mark and runtime folder. On hosts with v1 controllers, `prepareCgroupMounts`
 * must have been here before. Throws `unsupported`.
 */
export async function openCgroups({ mark, run }: { mark: string; run: string }): Promise<OpenedCgroups> {
  const layout = cgroupLayout(readMounts());
  const group = groupPathOf(layout, mark);
  const root = join(v2MountOf(layout, run), group);
  const controllers =
    layout.version === 2
      ? new V2Controllers(layout.mount, group)
      : new V1Controllers(layout.hierarchies, group);
  const cgroups = new HostCgroups(root, controllers);
  await cgroups.open();
  const online = parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8').trim());
  return { cgroups, leaves: new OperationLeaves(root), placement: new CpuPlacement(online), root };
}
