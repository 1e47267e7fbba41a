import type { Cgroups, LimitOptions } from '#host/cgroup/cgroups.ts';
import type { CpuPlacement } from '#host/cgroup/cpus.ts';
import type { Settings } from '#model/config-keys.ts';
import type { RunPlan } from '../engine.ts';
import { type Carrier, partOf } from './carrier.ts';

/** What carriers work with that write to an instance's groups. */
export interface GroupGround {
  cgroups: Pick<Cgroups, 'setLimits'>;
  placement: CpuPlacement;
}

/** Writes to an instance's groups, the same way before it starts and while it runs. */
export interface GroupCarrier extends Carrier {
  limit(ground: GroupGround, plan: RunPlan, how?: LimitOptions): Promise<void>;
}

const usualWeight = 100;
const [lightest, heaviest] = [1, 10_000];
const highestPriority = 10;
/** As the kernel's nice levels: each step is a quarter more. */
const priorityStep = 1.25;

/** Which processors. */
export const processors: GroupCarrier = {
  keys: ['limits.cpu'],
  part: partOf('limits.cpu'),
  limit: ({ cgroups, placement }, { id, settings }) =>
    cgroups.setLimits(id, { cpus: placement.place(id, settings['limits.cpu']) }),
};

/** How much of their time. */
export const cpuTime: GroupCarrier = {
  keys: ['limits.cpu.allowance', 'limits.cpu.priority'],
  part: partOf('limits.cpu.allowance', 'limits.cpu.priority'),
  limit: ({ cgroups }, { id, settings }) => {
    const allowance = settings['limits.cpu.allowance'];
    const time = allowance && 'quotaUs' in allowance ? allowance : undefined;
    return cgroups.setLimits(id, { cpuTime: time, cpuWeight: weightOf(settings) });
  },
};

/** Whose memory. */
export const memoryNodes: GroupCarrier = {
  keys: ['limits.cpu.nodes'],
  part: partOf('limits.cpu.nodes'),
  limit: ({ cgroups }, { id, settings }) => cgroups.setLimits(id, { nodes: settings['limits.cpu.nodes'] }),
};

/** `undefined`: the usual one. */
function weightOf(settings: Settings): number | undefined {
  const allowance = settings['limits.cpu.allowance'];
  const share = allowance && 'sharePercent' in allowance ? allowance.sharePercent / 100 : 1;
  const steps = highestPriority - (settings['limits.cpu.priority'] ?? highestPriority);
  const weight = Math.round((usualWeight * share) / priorityStep ** steps);
  return weight === usualWeight ? undefined : Math.min(heaviest, Math.max(lightest, weight));
}
