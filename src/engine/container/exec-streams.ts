import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { settlesWithin } from '#base/wait.ts';

const quietMs = 100;

/** What our end of a pipe or terminal offers. */
export interface Source extends Readable {
  readonly bytesRead: number;
}

/**
 * What an exec'd program writes. It ends with the program, not with the last process that got hold of the other end:
 * a service that was started by it may keep that open for ever.
 */
export class ExecOutput {
  readonly stream = new PassThrough();
  readonly #source: Source;
  readonly #readRest: (() => Buffer) | undefined;
  readonly #closed: Promise<unknown>;

  /** `readRest`: takes what can be read at once, for a source that does not tell its end. */
  constructor(source: Source, readRest?: () => Buffer) {
    this.#source = source;
    this.#readRest = readRest;
    // A short program without output has hung up before we are here.
    this.#closed = source.closed
      ? Promise.resolve()
      : new Promise((resolve) => source.once('close', resolve));
    void this.#closed.then(() => this.stream.end());
    source.on('error', () => {}); // a terminal that is hung up: an end like any other
    source.pipe(this.stream);
    this.stream.once('close', () => source.destroy()); // nobody wants it any more
  }

  /** The program has ended: passes on what it wrote, and ends. Resolves when all of it has been read. */
  async finish(): Promise<void> {
    if (this.#readRest && !this.#source.destroyed) this.#passOn(this.#readRest);
    else await this.#untilQuiet();
    const isRead = this.stream.readableLength + this.stream.writableLength === 0;
    if (!isRead && !this.stream.closed) await once(this.stream, 'close');
  }

  destroy(): void {
    this.#source.destroy();
    this.stream.destroy();
  }

  #passOn(readRest: () => Buffer): void {
    this.#source.unpipe(this.stream);
    for (let chunk = this.#source.read(); chunk !== null; chunk = this.#source.read())
      this.stream.write(chunk);
    this.stream.end(readRest());
    this.#source.destroy();
  }

  async #untilQuiet(): Promise<void> {
    for (let before = -1; !(await settlesWithin(this.#closed, quietMs)); ) {
      // What was written before is read in the very next turn, unless the reader of `stream` is slow.
      const isQuiet = this.#source.bytesRead === before && this.#source.readableLength === 0;
      if (isQuiet) this.#source.destroy();
      before = this.#source.bytesRead;
    }
  }
}
