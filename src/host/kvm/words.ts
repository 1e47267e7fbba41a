import { type KvmPlace, placeText } from '#model/kvm.ts';
import type { Answer } from './devices.ts';
import type { Exit, InternalError } from './exits.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const hexBytes = (bytes: Buffer): string => bytes.toString('hex').replace(/..(?=.)/g, '$& ');

/** What the modes are, for people who see them for the first time. */
export function aboutPlace({ mode, ring }: KvmPlace): string {
  if (mode === 'real') {
    return 'A processor wakes up in real mode, 16 bytes below 4 GiB: 16 bits, 1 MiB, no protection. Firmware begins here.';
  }
  if (ring !== 0) {
    return `The guest gave its privileges away by iretq. In ring ${ring} programs run; what they may not do, the processor refuses.`;
  }
  if (mode === 'protected') {
    return 'The guest set bit PE of CR0 and jumped to a segment of 32 bits: 4 GiB, segments with limits and privileges.';
  }
  return 'The guest built page tables, set LME of EFER and PG of CR0 and jumped to a segment of 64 bits. Kernels live here.';
}

const internalErrors: Record<InternalError, string> = {
  emulation: 'it had to carry out an instruction in software and does not know it',
  'simultaneous-exceptions': 'two exceptions came at once',
  delivery: 'an event could not be delivered to the guest',
  'unexpected-exit': 'the processor left the guest for a reason that KVM does not expect',
  other: 'it does not say why',
};

/** What the guest did, or what happened to it. */
export function describeExit(exit: Exit): string {
  switch (exit.kind) {
    case 'io':
      return `${exit.direction === 'out' ? 'OUT to' : 'IN from'} port ${hex(exit.port)}`;
    case 'mmio': {
      const verb = exit.direction === 'write' ? `wrote ${hexBytes(exit.data)} to` : 'read from';
      return `${verb} address ${hex(exit.address)}, where there is no memory`;
    }
    case 'interrupted':
      return 'computed; a timer of ours interrupted it';
    case 'hlt':
      return 'HLT: it waits for an interrupt';
    case 'shutdown':
      return 'triple fault: it failed to handle a fault, twice';
    case 'fail-entry':
      return `the processor refused to run it (reason ${hex(exit.reason)})`;
    case 'internal-error': {
      const bytes = exit.instruction ? `: ${hexBytes(exit.instruction)}` : '';
      return `KVM gave up: ${internalErrors[exit.error]}${bytes}`;
    }
    case 'msr':
      return `${exit.direction} of the model-specific register ${hex(exit.index)}`;
    case 'exception':
      return `exception ${exit.vector}`;
    case 'debug':
      return `debug exception at ${hex(exit.address)}`;
    case 'hypercall':
      return `hypercall ${exit.number}`;
    case 'system-event':
      return `system event ${exit.type}`;
    case 'memory-fault':
      return `KVM cannot reach ${exit.byteCount} bytes of its memory at ${hex(exit.address)}`;
    case 'interrupt-window':
      return 'it is ready for interrupts';
    case 'other':
      return `exit ${exit.reason}`;
  }
}

/** What we did about it. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'sent':
      return `our serial port sends ${JSON.stringify(answer.text)}`;
    case 'taken':
      return `our serial port hands over ${JSON.stringify(answer.text)}`;
    case 'status':
      return answer.hasInput ? 'line status: a byte waits' : 'line status: nothing waits';
    case 'powered-off':
      return 'our power-off port: the machine is off';
    case 'nobody':
      return `no device is there: ${answer.wasRead ? 'the read finds all bits set' : 'the write goes nowhere'}`;
    case 'on':
      return 'it may go on';
    case 'none':
      return 'nothing would let it go on';
  }
}

/** Why a guest cannot go on, and where it was. */
export function describeEnd({ exit, place }: { exit: Exit; place: KvmPlace }, rip: bigint): string {
  return `The guest cannot go on: ${describeExit(exit)} (${placeText(place)}, at ${hex(rip)})`;
}
