import type { KvmHost } from '#model/kvm.ts';

/** A host with everything, for tests that take something away. */
export const fakeHost = (over: Partial<KvmHost> = {}): KvmHost => ({
  architecture: 'x64',
  kernelRelease: '6.1.0-test',
  processor: { model: 'Test CPU', microcode: '0x10', hasVmx: true, hasSvm: false, isVirtual: false },
  modules: ['kvm', 'kvm_intel'],
  device: 'usable',
  ...over,
});
