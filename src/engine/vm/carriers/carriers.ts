import { diskPriority } from '../../carriers/disk-priority.ts';
import { nicRates } from '../../carriers/nic-rates.ts';
import { cpuTime, memoryNodes, processors } from '../../carriers/group-carriers.ts';
import { acceleration } from './acceleration.ts';
import type { VmCarrier } from './carrier.ts';
import { diskRates, diskSize } from './disk.ts';
import { proxies } from './proxies.ts';
import { rawQemu } from './raw.ts';
import { machineMemory } from './size.ts';

/** All that carry out config keys on virtual machines, in the order in which changes are made. */
export const vmCarriers: readonly VmCarrier[] = [
  acceleration,
  machineMemory,
  processors,
  cpuTime,
  memoryNodes,
  diskPriority,
  diskRates,
  nicRates,
  proxies,
  diskSize,
  rawQemu,
];
