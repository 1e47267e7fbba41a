import type { KvmPlace } from '#model/kvm.ts';

/** In the order of `struct kvm_regs`. */
const generalNames = [
  ...(['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp'] as const),
  ...(['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'rflags'] as const),
] as const;

export type GeneralName = (typeof generalNames)[number];

/** The registers that programs use: a view of `struct kvm_regs`. */
export class GeneralRegisters {
  static readonly byteCount = 8 * generalNames.length;
  readonly bytes: Buffer;

  constructor(bytes: Buffer = Buffer.alloc(GeneralRegisters.byteCount)) {
    this.bytes = bytes;
  }

  get(name: GeneralName): bigint {
    return this.bytes.readBigUInt64LE(8 * generalNames.indexOf(name));
  }

  set(name: GeneralName, value: bigint): void {
    this.bytes.writeBigUInt64LE(value, 8 * generalNames.indexOf(name));
  }
}

/** In the order of `struct kvm_sregs`, 24 bytes each. */
const segmentNames = ['cs', 'ds', 'es', 'fs', 'gs', 'ss', 'tr', 'ldt'] as const;
const segmentBytes = 24;

export type SegmentName = (typeof segmentNames)[number];

/** Of a segment, what decides where it begins and in which mode code in it runs. */
export interface Segment {
  selector: number;
  base: bigint;
  /** Code in it has 64 bits. */
  isLong: boolean;
}

/** Where the 8 bytes of each are. */
const systemOffsets = { cr0: 224, cr2: 232, cr3: 240, cr4: 248, efer: 264 } as const;

export type SystemName = keyof typeof systemOffsets;

const protectedMode = 1n; // PE of CR0
const longModeActive = 0x400n; // LMA of EFER

/** Those that only kernels change: a view of `struct kvm_sregs`. */
export class SystemRegisters {
  static readonly byteCount = 0x138;
  readonly bytes: Buffer;

  constructor(bytes: Buffer = Buffer.alloc(SystemRegisters.byteCount)) {
    this.bytes = bytes;
  }

  get(name: SystemName): bigint {
    return this.bytes.readBigUInt64LE(systemOffsets[name]);
  }

  set(name: SystemName, value: bigint): void {
    this.bytes.writeBigUInt64LE(value, systemOffsets[name]);
  }

  segment(name: SegmentName): Segment {
    const at = segmentBytes * segmentNames.indexOf(name);
    return {
      base: this.bytes.readBigUInt64LE(at),
      selector: this.bytes.readUInt16LE(at + 12),
      isLong: this.bytes[at + 19] === 1,
    };
  }

  /** Moves a segment; its width and rights stay. */
  moveSegment(name: SegmentName, { selector, base }: Pick<Segment, 'selector' | 'base'>): void {
    const at = segmentBytes * segmentNames.indexOf(name);
    this.bytes.writeBigUInt64LE(base, at);
    this.bytes.writeUInt16LE(selector, at + 12);
  }

  /** In which mode the guest is, and with which privilege. */
  get place(): KvmPlace {
    if ((this.get('cr0') & protectedMode) === 0n) return { mode: 'real', ring: 0 };
    const { selector, isLong } = this.segment('cs');
    const isLongMode = isLong && (this.get('efer') & longModeActive) !== 0n;
    return { mode: isLongMode ? 'long' : 'protected', ring: (selector & 3) as KvmPlace['ring'] };
  }
}
