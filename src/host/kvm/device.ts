import { closeSync, openSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { ioctl } from '../sys/ioctl.ts';
import { type CapabilityName, capabilities } from './capabilities.ts';
import { Machine } from './machine.ts';
import { requests } from './requests.ts';

export const devicePath = '/dev/kvm';

/** The interface froze at 12 in 2007; what came later is asked for by capability. */
const apiVersion = 12;
const cpuidEntries = 256;

/** `/dev/kvm`: the kernel's hypervisor, opened. */
export class KvmDevice {
  readonly #fd: number;
  readonly apiVersion: number;

  /** Throws Node's own error when the device cannot be opened, `unsupported` for an unknown version of its interface. */
  constructor() {
    this.#fd = openSync(devicePath, 'r+');
    this.apiVersion = ioctl(this.#fd, requests.getApiVersion);
    if (this.apiVersion === apiVersion) return;
    this.close();
    throw new Fault(
      'unsupported',
      `KVM speaks version ${this.apiVersion} of its interface, not ${apiVersion}`,
    );
  }

  /** 0: it cannot; else how many, or that it can. */
  check(name: CapabilityName): number {
    return ioctl(this.#fd, requests.checkExtension, capabilities[name].number);
  }

  /** A machine whose processors can whatever KVM can offer here. Throws `host`. */
  makeMachine(): Machine {
    return new Machine(ioctl(this.#fd, requests.createVm), {
      cpuid: this.#supportedCpuid(),
      runBytes: ioctl(this.#fd, requests.getVcpuMmapSize),
      hasStats: this.check('binary-stats-fd') > 0,
    });
  }

  #supportedCpuid(): Buffer {
    const cpuid = Buffer.alloc(8 + 40 * cpuidEntries); // struct kvm_cpuid2: how many, then entries
    cpuid.writeUInt32LE(cpuidEntries, 0);
    ioctl(this.#fd, requests.getSupportedCpuid, cpuid);
    return cpuid;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
