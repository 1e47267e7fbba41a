import { diskOf, growDisk } from '../disk.ts';
import type { VmCarrier } from './carrier.ts';

/** How large the guest sees its disk. It grows at once, and never shrinks. */
export const diskSize: VmCarrier = {
  keys: [],
  part: (plan) => diskOf(plan).sizeBytes,
  change: (execute, plan) => growDisk(execute, diskOf(plan)),
};
