import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Keeps the newest `maxBytes` of a stream as text. */
export class Output {
  readonly closed: Promise<void>;
  readonly #chunks: Buffer[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(stream: Readable, maxBytes: number, onLine?: (line: string) => void) {
    this.#maxBytes = maxBytes;
    this.closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('data', (chunk: Buffer) => this.#keep(chunk));
    stream.on('error', () => {}); // a broken pipe ends it like any other end
    if (onLine) tellLines(stream, onLine);
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#maxBytes).toString();
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (let oldest = this.#chunks[0]; oldest && this.#bytes - oldest.length >= this.#maxBytes; ) {
      this.#bytes -= oldest.length;
      this.#chunks.shift();
      oldest = this.#chunks[0];
    }
  }
}

/** Lines end at line feeds and, as progress bars do, at carriage returns. */
function tellLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.once('close', () => {
    if (rest !== '') onLine(rest);
  });
}
