import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readMounts } from '../mount/mountinfo.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { mount, mountFlags } from '../sys/mounts.ts';
import type { BpfCalls } from './kernel-calls.ts';

/**
 * A file system whose files are maps and links of programs: what has a name there lives on when this process ends.
 * It belongs to the mount namespace that it was made in, and everything in it goes with that.
 */
export class Pins {
  readonly #folder: string;
  readonly #calls: BpfCalls;

  private constructor(folder: string, calls: BpfCalls) {
    this.#folder = folder;
    this.#calls = calls;
  }

  /** `name`: folder in it, of those who open it alone. Mounted already: goes on with what is there. */
  static async open({ folder, name }: { folder: string; name: string }, calls: BpfCalls): Promise<Pins> {
    if (!readMounts().some(({ target }) => target === folder)) {
      await mkdir(folder, { recursive: true });
      const flags = mountFlags.noSuid | mountFlags.noDev | mountFlags.noExec;
      await mount({ source: 'bpf', target: folder, type: 'bpf', flags, data: 'mode=700' });
    }
    const names = join(folder, name); // the kernel puts files of its own at the top
    await mkdir(names, { recursive: true, mode: 0o700 });
    return new Pins(names, calls);
  }

  names(): Promise<string[]> {
    return readdir(this.#folder);
  }

  /** A new descriptor of what has that name; `undefined` when nothing has. */
  find(name: string): number | undefined {
    try {
      return this.#calls.call('getPinned', { 0: this.#place(name) });
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  pin(name: string, fd: number): void {
    this.#calls.call('pin', { 0: this.#place(name), 8: fd });
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  #place(name: string): bigint {
    return BigInt(this.#calls.place(Buffer.from(`${join(this.#folder, name)}\0`)));
  }
}
