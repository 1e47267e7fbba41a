import { closeSync } from 'node:fs';
import { interruptibleIoctl, ioctl } from '../sys/ioctl.ts';
import { type MemoryMap, mapFile } from '../sys/memory-map.ts';
import { type Exit, decodeExit, runPage } from './exits.ts';
import { GeneralRegisters, SystemRegisters } from './registers.ts';
import { requests } from './requests.ts';
import { VcpuStats } from './stats.ts';

/**
 * Everything that decides how a vCPU goes on, as KVM's own structures. Floating point, model-specific and debug
 * registers and pending interrupts are not in it: tinyrom uses none.
 */
export interface VcpuState {
  general: Buffer;
  system: Buffer;
}

/** A virtual processor. `run` keeps the thread until the guest needs us or a signal comes. */
export class Vcpu {
  readonly #fd: number;
  readonly #page: MemoryMap;
  readonly stats: VcpuStats | undefined;

  constructor(fd: number, pageBytes: number, hasStats: boolean) {
    this.#fd = fd;
    this.#page = mapFile(fd, pageBytes, 'shared');
    this.stats = hasStats ? new VcpuStats(ioctl(fd, requests.getStatsFd)) : undefined;
  }

  /** Lets the guest go on until its next exit. Throws `host` when KVM refuses. */
  run(): Exit {
    return interruptibleIoctl(this.#fd, requests.run)
      ? decodeExit(this.#page.bytes)
      : { kind: 'interrupted' };
  }

  /**
   * Finishes the instruction behind the last exit without running the guest. A read that was answered is not in the
   * registers before that, so whoever saves them calls it first.
   */
  settle(): void {
    this.#page.bytes[runPage.immediateExit] = 1;
    interruptibleIoctl(this.#fd, requests.run);
    this.#page.bytes[runPage.immediateExit] = 0;
  }

  get general(): GeneralRegisters {
    const registers = new GeneralRegisters();
    ioctl(this.#fd, requests.getRegs, registers.bytes);
    return registers;
  }

  set general({ bytes }: GeneralRegisters) {
    ioctl(this.#fd, requests.setRegs, bytes);
  }

  get system(): SystemRegisters {
    const registers = new SystemRegisters();
    ioctl(this.#fd, requests.getSregs, registers.bytes);
    return registers;
  }

  set system({ bytes }: SystemRegisters) {
    ioctl(this.#fd, requests.setSregs, bytes);
  }

  save(): VcpuState {
    this.settle();
    return { general: this.general.bytes, system: this.system.bytes };
  }

  load(state: VcpuState): void {
    this.system = new SystemRegisters(state.system);
    this.general = new GeneralRegisters(state.general);
  }

  close(): void {
    this.stats?.close();
    this.#page.close();
    closeSync(this.#fd);
  }
}
