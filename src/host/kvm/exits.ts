/**
 * Why a guest came back to us: the reasons of linux/kvm.h, read from the page that a vCPU shares with its process
 * (`struct kvm_run`). `data` of a read is where our answer belongs: the guest finds it there when it runs on.
 */
export type Exit =
  | { kind: 'io'; direction: 'in' | 'out'; port: number; size: number; count: number; data: Buffer }
  | { kind: 'mmio'; direction: 'read' | 'write'; address: bigint; data: Buffer }
  | { kind: 'hlt' }
  /** A fault while delivering a fault while delivering a fault: a real processor would reset. */
  | { kind: 'shutdown' }
  /** A signal came. Nothing happened in the guest. */
  | { kind: 'interrupted' }
  | { kind: 'interrupt-window' }
  | { kind: 'exception'; vector: number; errorCode: number }
  | { kind: 'debug'; vector: number; address: bigint }
  | { kind: 'hypercall'; number: bigint }
  /** The processor refused to run the guest in the state that we gave it. */
  | { kind: 'fail-entry'; reason: bigint; cpu: number }
  /** KVM gave up; at an instruction that it cannot emulate these are its bytes. */
  | { kind: 'internal-error'; error: InternalError; instruction: Buffer | undefined }
  | { kind: 'system-event'; type: number }
  | { kind: 'msr'; direction: 'read' | 'write'; index: number; data: Buffer }
  | { kind: 'memory-fault'; address: bigint; byteCount: bigint }
  /** One that nothing which we ask KVM for brings about, by its name. */
  | { kind: 'other'; reason: string };

export type InternalError =
  | 'emulation'
  | 'simultaneous-exceptions'
  | 'delivery'
  | 'unexpected-exit'
  | 'other';

/** Where things are in `struct kvm_run`. What an exit is about begins at `about`. */
export const runPage = { immediateExit: 1, exitReason: 8, about: 32 } as const;

type Decode = (page: Buffer) => Exit;

const decoders: Readonly<Record<number, Decode>> = {
  1: (page) => ({ kind: 'exception', vector: page.readUInt32LE(32), errorCode: page.readUInt32LE(36) }),
  2: decodeIo,
  3: (page) => ({ kind: 'hypercall', number: page.readBigUInt64LE(32) }),
  4: (page) => ({ kind: 'debug', vector: page.readUInt32LE(32), address: page.readBigUInt64LE(40) }),
  5: () => ({ kind: 'hlt' }),
  6: (page) => ({
    kind: 'mmio',
    direction: page[52] === 1 ? 'write' : 'read',
    address: page.readBigUInt64LE(32),
    data: page.subarray(40, 40 + page.readUInt32LE(48)),
  }),
  7: () => ({ kind: 'interrupt-window' }),
  8: () => ({ kind: 'shutdown' }),
  9: (page) => ({ kind: 'fail-entry', reason: page.readBigUInt64LE(32), cpu: page.readUInt32LE(40) }),
  10: () => ({ kind: 'interrupted' }),
  17: decodeInternalError,
  24: (page) => ({ kind: 'system-event', type: page.readUInt32LE(32) }),
  29: (page) => decodeMsr(page, 'read'),
  30: (page) => decodeMsr(page, 'write'),
  39: (page) => ({
    kind: 'memory-fault',
    address: page.readBigUInt64LE(40),
    byteCount: page.readBigUInt64LE(48),
  }),
};

/** Those of the names that x86 knows and no decoder has. */
const otherReasons: Readonly<Record<number, string>> = {
  0: 'unknown',
  11: 'set-tpr',
  12: 'tpr-access',
  16: 'nmi',
  21: 'watchdog',
  26: 'ioapic-eoi',
  27: 'hyperv',
  31: 'dirty-ring-full',
  32: 'ap-reset-hold',
  33: 'bus-lock',
  34: 'xen',
  37: 'notify',
  40: 'tdx',
};

/** What the last KVM_RUN says in its page. `data` of the result is a part of the page, not a copy. */
export function decodeExit(page: Buffer): Exit {
  const reason = page.readUInt32LE(runPage.exitReason);
  return decoders[reason]?.(page) ?? { kind: 'other', reason: otherReasons[reason] ?? `reason ${reason}` };
}

function decodeIo(page: Buffer): Exit {
  const size = page.readUInt8(33);
  const count = page.readUInt32LE(36);
  const begin = Number(page.readBigUInt64LE(40));
  return {
    kind: 'io',
    direction: page[32] === 1 ? 'out' : 'in',
    port: page.readUInt16LE(34),
    size,
    count,
    data: page.subarray(begin, begin + size * count),
  };
}

function decodeMsr(page: Buffer, direction: 'read' | 'write'): Exit {
  return { kind: 'msr', direction, index: page.readUInt32LE(44), data: page.subarray(48, 56) };
}

const internalErrors: Readonly<Record<number, InternalError>> = {
  1: 'emulation',
  2: 'simultaneous-exceptions',
  3: 'delivery',
  4: 'unexpected-exit',
};

function decodeInternalError(page: Buffer): Exit {
  const error = internalErrors[page.readUInt32LE(32)] ?? 'other';
  return {
    kind: 'internal-error',
    error,
    instruction: error === 'emulation' ? failedInstruction(page) : undefined,
  };
}

/** KVM tells the bytes when it has at least three words to say, and the lowest bit of the first says so. */
function failedInstruction(page: Buffer): Buffer | undefined {
  const hasBytes = page.readUInt32LE(36) >= 3 && (page.readUInt32LE(40) & 1) === 1;
  return hasBytes ? Buffer.from(page.subarray(49, 49 + Math.min(page.readUInt8(48), 15))) : undefined;
}
