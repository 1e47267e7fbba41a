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
  readonly #closed: Promise<unknown>;

  constructor(source: Source) {
    this.#source = source;
    // A short program without output has hung up before we are here.
    this.#closed = source.closed
      ? Promise.resolve()
      : new Promise((resolve) => source.once('close', resolve));
    void this.#closed.then(() => this.stream.end());
    source.on('error', () => {}); // EIO: nobody has the terminal open any more
    source.pipe(this.stream);
    this.stream.once('close', () => source.destroy()); // nobody wants it any more
  }

  /** The program has ended: passes on what it wrote, and ends. Resolves when all of it has been read. */
  async finish(): Promise<void> {
    for (let before = -1; !(await settlesWithin(this.#closed, quietMs)); ) {
      // What was written before is read in the very next turn, unless the reader of `stream` is slow.
      const isQuiet = this.#source.bytesRead === before && this.#source.readableLength === 0;
      if (isQuiet) this.#source.destroy();
      before = this.#source.bytesRead;
    }
    const isRead = this.stream.readableLength + this.stream.writableLength === 0;
    if (!isRead && !this.stream.closed) await once(this.stream, 'close');
  }

  destroy(): void {
    this.#source.destroy();
    this.stream.destroy();
  }
}
