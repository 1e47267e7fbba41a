import { rm, stat } from 'node:fs/promises';
import { KeyedLock } from '#base/keyed-lock.ts';
import { allocate } from '../sys/allocate.ts';

/** What a file system itself may need for the file that keeps the room. */
const leastBytes = 64 * 1024;

export interface ReserveOptions {
  path: string;
  sizeBytes: number;
  freeBytes: () => Promise<number>;
}

/** Some room that is kept back, so that a full disk still has enough for ending and deleting something. */
export class Reserve {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #freeBytes: () => Promise<number>;
  readonly #lock = new KeyedLock();
  #borrowers = 0;
  #lentBytes = 0;

  constructor({ path, sizeBytes, freeBytes }: ReserveOptions) {
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#freeBytes = freeBytes;
  }

  /** Takes the room, if that much is to be had without filling the disk ourselves. There already: does nothing. */
  async take(): Promise<void> {
    await this.#lock.run('', async () => {
      if (this.#hasRoom(await this.#freeBytes())) await this.#allocate(this.#sizeBytes);
    });
  }

  /**
   * Gives it up when the disk is full. Resolves to what keeps back again as much of it as is left, once all who have
   * borrowed are done; to be called once. `undefined`: the disk has room.
   */
  async borrow(): Promise<(() => Promise<void>) | undefined> {
    return this.#lock.run('', async () => {
      const isFull = (await this.#freeBytes()) < this.#sizeBytes;
      if (!isFull && this.#borrowers === 0) return undefined;
      if (isFull) await this.#give();
      this.#borrowers += 1;
      return () => this.#lock.run('', () => this.#giveBack());
    });
  }

  async #giveBack(): Promise<void> {
    this.#borrowers -= 1;
    if (this.#borrowers === 0) await this.#keepAgain();
  }

  /** For the whole of it, without being what fills the disk. */
  #hasRoom(freeBytes: number): boolean {
    return freeBytes >= 4 * this.#sizeBytes;
  }

  async #give(): Promise<void> {
    this.#lentBytes = Math.max(this.#lentBytes, await this.#keptBytes());
    await rm(this.#path, { force: true });
  }

  async #keepAgain(): Promise<void> {
    const freeBytes = await this.#freeBytes();
    const lentBytes = Math.min(this.#lentBytes, freeBytes - leastBytes);
    const bytes = this.#hasRoom(freeBytes) ? this.#sizeBytes : lentBytes;
    this.#lentBytes = 0;
    if (bytes > 0) await this.#allocate(bytes);
  }

  async #allocate(bytes: number): Promise<void> {
    if ((await this.#keptBytes()) >= bytes) return;
    await allocate(this.#path, bytes); // where that fails there is no reserve for now
  }

  async #keptBytes(): Promise<number> {
    return (await stat(this.#path).catch(() => undefined))?.size ?? 0;
  }
}
