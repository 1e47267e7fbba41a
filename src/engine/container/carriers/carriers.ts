import { diskPriority } from '../../carriers/disk-priority.ts';
import { nicRates } from '../../carriers/nic-rates.ts';
import { cpuTime, memoryNodes, processors } from '../../carriers/group-carriers.ts';
import type { ContainerCarrier } from './carrier.ts';
import { beancounters } from './beancounters.ts';
import { diskRates } from './disks.ts';
import { memory, processes } from './memory.ts';
import { mounts } from './mounts.ts';
import { privileges } from './namespaces.ts';
import { proxies } from './proxies.ts';
import { rawOci } from './raw.ts';
import { processRights, rights } from './rights.ts';
import { nesting, systemCalls } from './system-calls.ts';
import { sysctls } from './sysctls.ts';

/** All that carry out config keys on containers, in the order in which changes are made. */
export const containerCarriers: readonly ContainerCarrier[] = [
  privileges,
  memory,
  processors,
  cpuTime,
  memoryNodes,
  processes,
  beancounters,
  diskRates,
  diskPriority,
  nicRates,
  rights,
  processRights,
  systemCalls,
  nesting,
  sysctls,
  mounts,
  proxies,
  rawOci,
];
