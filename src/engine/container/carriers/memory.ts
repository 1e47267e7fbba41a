import type { MemoryLimit } from '#host/cgroup/cgroups.ts';
import type { Settings } from '#model/config-keys.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Memory and swap go together: the kernel's files depend on each other. */
export const memory: ContainerCarrier = {
  keys: ['limits.memory', 'limits.memory.enforce', 'limits.memory.swap'],
  part: partOf('limits.memory', 'limits.memory.enforce', 'limits.memory.swap'),
  limit: ({ cgroups }, { id, settings }, how) =>
    cgroups.setLimits(id, { memory: memoryLimit(settings) }, how),
};

function memoryLimit(settings: Settings): MemoryLimit | undefined {
  const bytes = settings['limits.memory'];
  const swap = settings['limits.memory.swap'] ?? true;
  const swapBytes = swap === true ? undefined : swap === false ? 0 : swap.bytes;
  if (bytes === undefined && swapBytes === undefined) return undefined;
  return { bytes, isSoft: settings['limits.memory.enforce'] === 'soft', swapBytes };
}

export const processes: ContainerCarrier = {
  keys: ['limits.processes'],
  part: partOf('limits.processes'),
  limit: ({ cgroups }, { id, settings }) =>
    cgroups.setLimits(id, { processes: settings['limits.processes'] }),
};
