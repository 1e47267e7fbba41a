import { sleep } from '#base/wait.ts';

const quitKeys = new Set(['q', 'Q', '\x03', '\x1b']);

/** Keys as they are pressed, until one of them means the end. */
export class Keys {
  readonly #input: NodeJS.ReadableStream;
  readonly #stopped = new AbortController();
  readonly #heard: (chunk: Buffer) => void;

  constructor(input: NodeJS.ReadableStream, onKey: (key: string) => void) {
    this.#input = input;
    this.#heard = (chunk) => {
      for (const key of chunk.toString()) {
        if (quitKeys.has(key)) return this.#stopped.abort();
        onKey(key);
      }
    };
    input.on('data', this.#heard);
    input.once('end', () => this.#stopped.abort());
  }

  /** Resolves to true as soon as one of them is pressed, to false when none was in `ms`. */
  async quitWithin(ms: number): Promise<boolean> {
    try {
      await sleep(ms, this.#stopped.signal);
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error;
    }
    return this.#stopped.signal.aborted;
  }

  close(): void {
    this.#input.off('data', this.#heard);
    this.#input.pause();
  }
}
