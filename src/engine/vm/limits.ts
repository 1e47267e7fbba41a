import type { CgroupLimits } from '#host/cgroup/cgroups.ts';
import type { CpuPlacement } from '#host/cgroup/cpus.ts';
import type { Settings } from '#model/config-keys.ts';

const defaultMemoryBytes = 2 ** 30;
/** What QEMU may use beyond the guest's memory: itself, its translations, buffers of disks and NICs. */
const qemuBytes = 640 * 2 ** 20;

export interface MachineSize {
  memoryBytes: number;
  processors: number;
}

export function sizeOf(settings: Settings): MachineSize {
  const cpus = settings['limits.cpu'];
  return {
    memoryBytes: settings['limits.memory'] ?? defaultMemoryBytes,
    processors: cpus === undefined ? 1 : 'count' in cpus ? cpus.count : cpus.set.length,
  };
}

/** Bounds for the whole QEMU, wide enough for what the guest was promised. Takes the processors for it. */
export function limitsOfVm(id: string, settings: Settings, placement: CpuPlacement): CgroupLimits {
  return {
    memoryBytes: sizeOf(settings).memoryBytes + qemuBytes,
    cpus: placement.place(id, settings['limits.cpu']),
    processes: undefined,
  };
}
