import { rm, stat } from 'node:fs/promises';
import { KeyedLock } from '#base/keyed-lock.ts';
import type { Programs } from '../process/programs.ts';

/** What a file system itself may need for the file that keeps the room. */
const leastBytes = 64 * 1024;

export interface ReserveOptions {
  path: string;
  sizeBytes: number;
  programs: Programs;
  freeBytes: () => Promise<number>;
}

/** Some room that is kept back, so that a full disk still has enough for ending and deleting something. */
export class Reserve {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #programs: Programs;
  readonly #freeBytes: () => Promise<number>;
  readonly #lock = new KeyedLock();
  #borrowers = 0;
  #lentBytes = 0;

  constructor({ path, sizeBytes, programs, freeBytes }: ReserveOptions) {
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#programs = programs;
    this.#freeBytes = freeBytes;
  }

  /** Takes the room, if that much is to be had without filling the disk ourselves. There already: does nothing. */
  async take(): Promise<void> {
    await this.#alone(async () => {
      if ((await this.#freeBytes()) >= 4 * this.#sizeBytes) await this.#allocate(this.#sizeBytes);
    });
  }

  /**
   * Gives it up when the disk is full. Resolves to what keeps back again as much of it as is left, once all who have
   * borrowed are done; to be called once. Neither fails for want of room.
   */
  async borrow(): Promise<() => Promise<void>> {
    await this.#alone(async () => {
      if ((await this.#freeBytes()) < this.#sizeBytes) await this.#give();
      this.#borrowers += 1;
    });
    return () =>
      this.#alone(async () => {
        this.#borrowers -= 1;
        if (this.#borrowers === 0) await this.#keepAgain();
      });
  }

  async #give(): Promise<void> {
    this.#lentBytes = Math.max(this.#lentBytes, await this.#keptBytes());
    await rm(this.#path, { force: true });
  }

  async #keepAgain(): Promise<void> {
    const bytes = Math.min(this.#lentBytes, (await this.#freeBytes()) - leastBytes);
    this.#lentBytes = 0;
    if (bytes > 0) await this.#allocate(bytes);
  }

  async #allocate(bytes: number): Promise<void> {
    if ((await this.#keptBytes()) >= bytes) return;
    await this.#programs.run(['fallocate', '--length', String(bytes), this.#path], {
      purpose: `keep a reserve in ${this.#path}`,
      okExits: [1], // a file system that cannot, or that another one filled meanwhile: no reserve for now
    });
  }

  async #keptBytes(): Promise<number> {
    return (await stat(this.#path).catch(() => undefined))?.size ?? 0;
  }

  #alone(work: () => Promise<void>): Promise<void> {
    return this.#lock.run('', work);
  }
}
