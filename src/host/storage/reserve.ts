import { rm, stat } from 'node:fs/promises';
import type { Programs } from '../process/programs.ts';

/** Some room that is kept back, so that a full disk still has enough for deleting something. */
export class Reserve {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #programs: Programs;
  readonly #freeBytes: () => Promise<number>;

  constructor(path: string, sizeBytes: number, programs: Programs, freeBytes: () => Promise<number>) {
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#programs = programs;
    this.#freeBytes = freeBytes;
  }

  /** Takes the room, if that much is to be had without filling the disk ourselves. There already: does nothing. */
  async take(): Promise<void> {
    if (await this.#isTaken()) return;
    if ((await this.#freeBytes()) < 4 * this.#sizeBytes) return;
    await this.#programs.run(['fallocate', '--length', String(this.#sizeBytes), this.#path], {
      purpose: `keep a reserve in ${this.#path}`,
      okExits: [1], // a file system that cannot, or that another one filled meanwhile: no reserve for now
    });
  }

  async #isTaken(): Promise<boolean> {
    const found = await stat(this.#path).catch(() => undefined);
    return found !== undefined && found.size >= this.#sizeBytes;
  }

  async giveWhenFull(): Promise<void> {
    if ((await this.#freeBytes()) < this.#sizeBytes) await this.give();
  }

  async give(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
