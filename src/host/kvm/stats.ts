import { closeSync, readSync } from 'node:fs';

// The sizes of `struct kvm_stats_header` and of a descriptor without its name.
const headerBytes = 24;
const descriptorBytes = 16;

/**
 * KVM's own counters of a vCPU, from the descriptor that KVM_GET_STATS_FD returns. They tell what never reaches us, such
 * as exits that the kernel handles itself (`exits`) and instructions that it carried out in software (`insn_emulation`).
 */
export class VcpuStats {
  readonly #fd: number;
  readonly #offsets: ReadonlyMap<string, number>;

  constructor(fd: number) {
    this.#fd = fd;
    this.#offsets = readOffsets(fd);
  }

  get(name: string): number | undefined {
    const offset = this.#offsets.get(name);
    return offset === undefined ? undefined : Number(readAt(this.#fd, offset, 8).readBigUInt64LE());
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function readOffsets(fd: number): Map<string, number> {
  const header = readAt(fd, 0, headerBytes);
  const [nameBytes, count] = [header.readUInt32LE(4), header.readUInt32LE(8)];
  const [descriptorsAt, dataAt] = [header.readUInt32LE(16), header.readUInt32LE(20)];
  const size = descriptorBytes + nameBytes;
  const descriptors = readAt(fd, descriptorsAt, size * count);
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const one = descriptors.subarray(index * size, (index + 1) * size);
      const name = one.toString('latin1', descriptorBytes).replace(/\0.*$/s, '');
      return [name, dataAt + one.readUInt32LE(8)];
    }),
  );
}

function readAt(fd: number, position: number, byteCount: number): Buffer {
  const buffer = Buffer.alloc(byteCount);
  readSync(fd, buffer, 0, byteCount, position);
  return buffer;
}
