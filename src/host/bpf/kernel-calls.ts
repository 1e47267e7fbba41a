import { bpf } from '../sys/bpf.ts';
import { mapMemory, type MemoryMap } from '../sys/memory-map.ts';

/** Commands of bpf(2). */
const commands = {
  createMap: [0, 'BPF_MAP_CREATE'],
  lookUp: [1, 'BPF_MAP_LOOKUP_ELEM'],
  update: [2, 'BPF_MAP_UPDATE_ELEM'],
  delete: [3, 'BPF_MAP_DELETE_ELEM'],
  nextKey: [4, 'BPF_MAP_GET_NEXT_KEY'],
  loadProgram: [5, 'BPF_PROG_LOAD'],
  pin: [6, 'BPF_OBJ_PIN'],
  getPinned: [7, 'BPF_OBJ_GET'],
  attach: [8, 'BPF_PROG_ATTACH'],
  openTracepoint: [17, 'BPF_RAW_TRACEPOINT_OPEN'],
} as const;

const nameBytes = 16;

/** A command's attributes: numbers of four or eight bytes at their places in `union bpf_attr`. */
type Attributes = Record<number, number | bigint>;

/**
 * Calls bpf(2) with structures that hold addresses. Those lie in one piece of memory that stays where it is, so a
 * call's buffers are copied into it and out of it again. Everything here is at once: no call waits for anything.
 */
export class BpfCalls {
  readonly #memory: MemoryMap = mapMemory(2 ** 20);
  #used = 0;

  /** Lets go of the memory; the object must not be used afterwards. */
  close(): void {
    this.#memory.close();
  }

  /** Where a copy of `bytes` is for the kernel, until the next call begins. */
  place(bytes: Buffer): number {
    const at = this.#used;
    this.#used = Math.ceil((at + bytes.length) / 8) * 8;
    if (this.#used > this.#memory.byteCount) throw new Error('Too much for one call of bpf(2)');
    bytes.copy(this.#memory.bytes, at);
    return this.#memory.address + at;
  }

  /** A copy of what the kernel wrote. */
  read(address: number, byteCount: number): Buffer {
    const at = address - this.#memory.address;
    return Buffer.from(this.#memory.bytes.subarray(at, at + byteCount));
  }

  /** What was placed before is forgotten afterwards. Throws `host`. */
  call(command: keyof typeof commands, attributes: Attributes, names: Record<number, string> = {}): number {
    const buffer = Buffer.alloc(128);
    for (const [at, value] of Object.entries(attributes)) {
      if (typeof value === 'bigint') buffer.writeBigUInt64LE(value, Number(at));
      else buffer.writeUInt32LE(value, Number(at));
    }
    for (const [at, name] of Object.entries(names)) buffer.write(name, Number(at), nameBytes - 1, 'latin1');
    const [number, shown] = commands[command];
    this.#used = 0;
    return bpf(number, shown, buffer);
  }
}
