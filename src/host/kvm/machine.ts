import { closeSync } from 'node:fs';
import { ioctl } from '../sys/ioctl.ts';
import { type MemoryMap, mapMemory } from '../sys/memory-map.ts';
import { requests } from './requests.ts';
import { Vcpu } from './vcpu.ts';

const pageBytes = 4096;
const KVM_MEM_LOG_DIRTY_PAGES = 1;
const KVM_MEM_READONLY = 2;

export interface MemorySlot {
  /** Number of the slot; setting it again changes it. */
  slot: number;
  /** Where the guest sees it. */
  guestAddress: number;
  /** Memory of this process: the guest's pages are these. */
  memory: MemoryMap;
  isReadOnly?: boolean;
  logsDirtyPages?: boolean;
}

/** What vCPUs are made with. */
export interface VcpuKind {
  /** `struct kvm_cpuid2`: what the guest is told of its processor. */
  cpuid: Buffer;
  /** Size of the page shared with it. */
  runBytes: number;
  hasStats: boolean;
}

/** A virtual machine: memory and processors, nothing else. The kernel takes it away when it is closed. */
export class Machine {
  readonly #fd: number;
  readonly #kind: VcpuKind;

  constructor(fd: number, kind: VcpuKind) {
    this.#fd = fd;
    this.#kind = kind;
  }

  setMemory({ slot, guestAddress, memory, isReadOnly, logsDirtyPages }: MemorySlot): void {
    const region = Buffer.alloc(32); // struct kvm_userspace_memory_region
    region.writeUInt32LE(slot, 0);
    const flags = (logsDirtyPages ? KVM_MEM_LOG_DIRTY_PAGES : 0) | (isReadOnly ? KVM_MEM_READONLY : 0);
    region.writeUInt32LE(flags, 4);
    region.writeBigUInt64LE(BigInt(guestAddress), 8);
    region.writeBigUInt64LE(BigInt(memory.byteCount), 16);
    region.writeBigUInt64LE(BigInt(memory.address), 24);
    ioctl(this.#fd, requests.setUserMemoryRegion, region);
  }

  /** Numbers of the pages of a slot that were written since the last call; the log begins anew. */
  takeDirtyPages({ slot, memory }: MemorySlot): number[] {
    const pages = memory.byteCount / pageBytes;
    const bitmap = mapMemory(Math.ceil(pages / 64) * 8);
    try {
      const request = Buffer.alloc(16); // struct kvm_dirty_log
      request.writeUInt32LE(slot, 0);
      request.writeBigUInt64LE(BigInt(bitmap.address), 8);
      ioctl(this.#fd, requests.getDirtyLog, request);
      return Array.from({ length: pages }, (_, page) => page).filter(
        (page) => ((bitmap.bytes[page >> 3] ?? 0) & (1 << (page & 7))) !== 0,
      );
    } finally {
      bitmap.close();
    }
  }

  /** A processor that stands at the reset vector, in real mode. */
  makeVcpu(id: number): Vcpu {
    const fd = ioctl(this.#fd, requests.createVcpu, id);
    ioctl(fd, requests.setCpuid2, this.#kind.cpuid);
    return new Vcpu(fd, this.#kind.runBytes, this.#kind.hasStats);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
