import koffi from 'koffi';
import { check, libcFunction } from './libc.ts';

// Addresses below 2^47 are exact as numbers.
const mmap = libcFunction('mmap', 'long', ['ulong', 'size_t', 'int', 'int', 'int', 'long']);
const munmap = libcFunction('munmap', 'int', ['ulong', 'size_t']);

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;

/**
 * A piece of this process's address space, to be shared with the kernel. The one exception to "no kept pointers":
 * `bytes` must not be touched after `close`, and nothing makes sure of it, so keep it where its owner closes it.
 */
export class MemoryMap {
  readonly address: number;
  readonly byteCount: number;
  #bytes: Buffer | undefined;

  constructor(address: number, byteCount: number) {
    this.address = address;
    this.byteCount = byteCount;
  }

  /** The memory itself. Made at the first use: V8 counts it as its own and collects garbage sooner. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(koffi.view(BigInt(this.address), this.byteCount));
    return this.#bytes;
  }

  close(): void {
    this.#bytes = undefined;
    check('munmap', `${this.byteCount} bytes`, munmap(this.address, this.byteCount));
  }
}

/** A whole file or device, from its beginning. `private`: pages are copied when they are written. Throws `host`. */
export function mapFile(fd: number, byteCount: number, sharing: 'shared' | 'private'): MemoryMap {
  return map(byteCount, sharing === 'shared' ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE, fd);
}

/** Zeroed memory whose address stays where it is, for structures that hold addresses. Throws `host`. */
export const mapMemory = (byteCount: number): MemoryMap => map(byteCount, MAP_PRIVATE | MAP_ANONYMOUS, -1);

function map(byteCount: number, flags: number, fd: number): MemoryMap {
  const address = mmap(0, byteCount, PROT_READ | PROT_WRITE, flags, fd, 0);
  return new MemoryMap(check('mmap', `${byteCount} bytes`, address), byteCount);
}
