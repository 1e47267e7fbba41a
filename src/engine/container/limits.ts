import type { CgroupLimits } from '#host/cgroup/cgroups.ts';
import type { CpuPlacement } from '#host/cgroup/cpus.ts';
import type { Settings } from '#model/config-keys.ts';

/** What the `limits.*` keys mean for an instance's groups. Takes the processors for it. */
export function limitsOf(id: string, settings: Settings, placement: CpuPlacement): CgroupLimits {
  return {
    memoryBytes: settings['limits.memory'],
    cpus: placement.place(id, settings['limits.cpu']),
    processes: settings['limits.processes'],
  };
}
