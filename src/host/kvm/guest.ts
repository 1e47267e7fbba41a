import { Fault } from '#model/fault.ts';
import type { KvmPlace } from '#model/kvm.ts';
import { type MemoryMap, mapMemory } from '../sys/memory-map.ts';
import type { KvmDevice } from './device.ts';
import { type Answer, PcDevices } from './devices.ts';
import type { Exit } from './exits.ts';
import { Ledger } from './ledger.ts';
import type { Machine, MemorySlot } from './machine.ts';
import { RamFile } from './ram.ts';
import { tinyrom } from './tinyrom.ts';
import type { UartState } from './uart.ts';
import type { Vcpu, VcpuState } from './vcpu.ts';
import { describeEnd } from './words.ts';

const romBytes = 64 * 1024;
/** The firmware ends at 4 GiB, where a processor begins … */
const romAddress = 2 ** 32 - romBytes;
/** … and is seen a second time where real mode reaches it. */
const shadowAddress = 0xf0000;

/** One round: the guest ran, came back, and got its answer. */
export interface Step {
  exit: Exit;
  /** Where the guest is now. */
  place: KvmPlace;
  answer: Answer;
  /** Between our letting it run and its coming back. */
  guestMs: number;
  /** What the answer took. */
  engineMs: number;
}

/** A guest between two instructions, without its memory. */
export interface GuestState {
  vcpu: VcpuState;
  uart: UartState;
}

/** A PC with one processor, a serial port and a power-off port, which starts from tinyrom. */
export class Guest {
  readonly ledger = new Ledger();
  readonly vcpu: Vcpu;
  readonly devices = new PcDevices();
  /** Told of every step. */
  onStep: (step: Step) => void = () => {};
  readonly #machine: Machine;
  readonly #rom: MemoryMap;
  readonly #ram: MemorySlot;

  private constructor(device: KvmDevice, ram: MemoryMap) {
    this.#machine = device.makeMachine();
    this.#ram = { slot: 0, guestAddress: 0, memory: ram };
    this.#rom = mapMemory(romBytes);
    tinyrom().copy(this.#rom.bytes);
    this.#machine.setMemory(this.#ram);
    this.#machine.setMemory({ slot: 1, guestAddress: romAddress, memory: this.#rom, isReadOnly: true });
    this.vcpu = this.#machine.makeVcpu(0);
  }

  /** A guest that has just been powered on, with RAM of its own or that of a file. Throws `host`. */
  static powerOn(device: KvmDevice, file?: RamFile): Guest {
    const ram = file ?? new RamFile();
    try {
      ram.write(tinyrom(), shadowAddress);
      return new Guest(device, ram.map('shared'));
    } finally {
      if (!file) ram.close();
    }
  }

  /** A guest that goes on where another one was saved, on a private copy of its RAM. */
  static resume(device: KvmDevice, file: RamFile, state: GuestState): Guest {
    const guest = new Guest(device, file.map('private'));
    guest.load(state);
    return guest;
  }

  get memory(): Buffer {
    return this.#ram.memory.bytes;
  }

  /** Lets the guest run until it needs us or a signal comes, and serves it. */
  step(): Step {
    const begin = performance.now();
    const exit = this.vcpu.run();
    const back = performance.now();
    const { place } = this.vcpu.system;
    const answer = this.devices.answer(exit);
    const step = { exit, place, answer, guestMs: back - begin, engineMs: performance.now() - back };
    this.ledger.add(step);
    this.onStep(step);
    return step;
  }

  /** Runs it until a step is the one that is waited for. Throws `host` when the guest cannot go on before. */
  runUntil(isDone: (step: Step) => boolean): Step {
    for (;;) {
      const step = this.step();
      if (isDone(step)) return step;
      if (step.answer.kind === 'none')
        throw new Fault('host', describeEnd(step, this.vcpu.general.get('rip')));
    }
  }

  /** Runs it until it waits in ring 3 for a letter that nobody has sent, or powers off. */
  runToPrompt(): void {
    this.runUntil(isPrompt);
  }

  /** Sends letters and returns what the guest writes until it waits for more. */
  command(letters: string): string {
    this.devices.uart.receive(letters);
    const before = this.devices.written.length;
    this.runToPrompt();
    return this.devices.written.slice(before);
  }

  /** From now on, which pages of RAM are written is known to `takeDirtyPages`. */
  logDirtyPages(): void {
    this.#machine.setMemory({ ...this.#ram, logsDirtyPages: true });
  }

  takeDirtyPages(): number[] {
    return this.#machine.takeDirtyPages(this.#ram);
  }

  save(): GuestState {
    return { vcpu: this.vcpu.save(), uart: this.devices.uart.save() };
  }

  load(state: GuestState): void {
    this.vcpu.load(state.vcpu);
    this.devices.uart.load(state.uart);
  }

  close(): void {
    this.vcpu.close();
    this.#machine.close();
    this.#rom.close();
    this.#ram.memory.close();
  }
}

const isPrompt = ({ place, answer }: Step): boolean =>
  answer.kind === 'powered-off' || (place.ring === 3 && answer.kind === 'status' && !answer.hasInput);
