import { blockDeviceOf } from '#host/storage/block-device.ts';
import { Fault } from '#model/fault.ts';
import type { RootPlan } from '../engine.ts';
import { partOf } from './carrier.ts';
import type { GroupCarrier } from './group-carriers.ts';

const usualPriority = 5;
const usualWeight = 100;
/** As processor priorities. */
const priorityStep = 1.25;

/** Whose turn it is at a busy disk. Only the scheduler BFQ asks for weights. */
export const diskPriority: GroupCarrier = {
  keys: ['limits.disk.priority'],
  part: partOf('limits.disk.priority'),
  limit: async ({ cgroups }, { id, settings, root }) => {
    const steps = (settings['limits.disk.priority'] ?? usualPriority) - usualPriority;
    if (steps !== 0) requireBfq(pathOf(root));
    const ioWeight = steps === 0 ? undefined : Math.round(usualWeight * priorityStep ** steps);
    await cgroups.setLimits(id, { ioWeight });
  },
};

const pathOf = (root: RootPlan): string => (root.kind === 'overlay' ? root.upper : root.path);

function requireBfq(path: string): void {
  const { name, scheduler } = blockDeviceOf(path);
  if (scheduler === 'bfq') return;
  throw new Fault('unsupported', `The disk ${name} serves all alike: its scheduler is ${scheduler}`, {
    hint: `Choose the one that knows priorities: echo bfq > /sys/block/${name}/queue/scheduler`,
  });
}
