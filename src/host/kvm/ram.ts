import { closeSync, ftruncateSync, writeSync } from 'node:fs';
import { makeMemoryFile } from '../sys/memfd.ts';
import { type MemoryMap, mapFile } from '../sys/memory-map.ts';

/** Enough for everything that tinyrom does. The host gives pages only for what is touched. */
const ramBytes = 128 * 2 ** 20;

/** A guest's memory as a file in memory, so that several guests can begin from one content. */
export class RamFile {
  readonly #fd = makeMemoryFile('guest-ram');

  constructor() {
    ftruncateSync(this.#fd, ramBytes);
  }

  write(content: Buffer, guestAddress: number): void {
    writeSync(this.#fd, content, 0, content.length, guestAddress);
  }

  /**
   * `shared`: what the guest writes is in the file. `private`: a copy on write, which costs only the pages that it
   * writes. Whoever writes to the file while private maps exist changes what they see of pages not copied yet.
   */
  map(sharing: 'shared' | 'private'): MemoryMap {
    return mapFile(this.#fd, ramBytes, sharing);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
