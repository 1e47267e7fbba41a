import type { Settings } from '#model/config-keys.ts';
import { cpuCount } from '#model/config-keys.ts';
import type { VmCarrier } from './carrier.ts';

const defaultMemoryBytes = 2 ** 30;
/** What QEMU may use beyond the guest's memory: itself, its translations, buffers of disks and NICs. */
const qemuBytes = 640 * 2 ** 20;

export interface MachineSize {
  memoryBytes: number;
  processors: number;
}

/** How large a machine QEMU is to build. */
export const sizeOf = (settings: Settings): MachineSize => ({
  memoryBytes: settings['limits.memory'] ?? defaultMemoryBytes,
  processors: cpuCount(settings['limits.cpu']),
});

/** The machine's memory, and a bound for the whole QEMU, wide enough for what the guest was promised. */
export const machineMemory: VmCarrier = {
  keys: ['limits.memory'],
  part: ({ settings }) => sizeOf(settings).memoryBytes,
  limit: ({ cgroups }, { id, settings }) => {
    const bytes = sizeOf(settings).memoryBytes + qemuBytes;
    return cgroups.setLimits(id, { memory: { bytes, isSoft: false, swapBytes: undefined } });
  },
};
