import type { IoctlRequest } from '../sys/ioctl.ts';

/** The ioctls of KVM that we use, from linux/kvm.h for x86-64. The size of the structure is part of each number. */
export const requests = {
  // of /dev/kvm
  getApiVersion: { name: 'KVM_GET_API_VERSION', number: 0xae00 },
  createVm: { name: 'KVM_CREATE_VM', number: 0xae01 },
  checkExtension: { name: 'KVM_CHECK_EXTENSION', number: 0xae03 },
  getVcpuMmapSize: { name: 'KVM_GET_VCPU_MMAP_SIZE', number: 0xae04 },
  getSupportedCpuid: { name: 'KVM_GET_SUPPORTED_CPUID', number: 0xc008ae05 },
  // of a VM
  createVcpu: { name: 'KVM_CREATE_VCPU', number: 0xae41 },
  getDirtyLog: { name: 'KVM_GET_DIRTY_LOG', number: 0x4010ae42 },
  setUserMemoryRegion: { name: 'KVM_SET_USER_MEMORY_REGION', number: 0x4020ae46 },
  // of a vCPU
  run: { name: 'KVM_RUN', number: 0xae80 },
  getRegs: { name: 'KVM_GET_REGS', number: 0x8090ae81 },
  setRegs: { name: 'KVM_SET_REGS', number: 0x4090ae82 },
  getSregs: { name: 'KVM_GET_SREGS', number: 0x8138ae83 },
  setSregs: { name: 'KVM_SET_SREGS', number: 0x4138ae84 },
  setCpuid2: { name: 'KVM_SET_CPUID2', number: 0x4008ae90 },
  // of a VM or a vCPU
  getStatsFd: { name: 'KVM_GET_STATS_FD', number: 0xaece },
} as const satisfies Record<string, IoctlRequest>;
