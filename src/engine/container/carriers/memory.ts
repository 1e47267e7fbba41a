import { totalmem } from 'node:os';
import type { MemoryLimit } from '#host/cgroup/cgroups.ts';
import type { Settings } from '#model/config-keys.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

/** The least that limits.memory may be. */
const leastBytes = 8 * 2 ** 20;

const keys = [
  'limits.memory',
  'limits.memory.enforce',
  'limits.memory.reserve',
  'limits.memory.swap',
] as const;

/** Memory and swap go together: the kernel's files depend on each other. */
export const memory: ContainerCarrier = {
  keys,
  part: partOf(...keys),
  limit: ({ cgroups }, { id, settings }, how) =>
    cgroups.setLimits(id, { memory: memoryLimit(settings) }, how),
};

function memoryLimit(settings: Settings): MemoryLimit | undefined {
  const bytes = settings['limits.memory'] ?? shareOfHost(settings['limits.memory.reserve']);
  const swap = settings['limits.memory.swap'] ?? true;
  const swapBytes = swap === true ? undefined : swap === false ? 0 : swap.bytes;
  if (bytes === undefined && swapBytes === undefined) return undefined;
  return { bytes, isSoft: settings['limits.memory.enforce'] === 'soft', swapBytes };
}

/** All that the host has, but for the reserve. */
function shareOfHost(reserve: Settings['limits.memory.reserve']): number | undefined {
  if (!reserve) return undefined;
  const total = totalmem();
  const kept = 'percent' in reserve ? (total * reserve.percent) / 100 : reserve.bytes;
  return Math.max(leastBytes, Math.floor(total - kept));
}

export const processes: ContainerCarrier = {
  keys: ['limits.processes'],
  part: partOf('limits.processes'),
  limit: ({ cgroups }, { id, settings }) =>
    cgroups.setLimits(id, { processes: settings['limits.processes'] }),
};
