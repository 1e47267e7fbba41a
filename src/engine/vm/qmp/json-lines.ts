import { StringDecoder } from 'node:string_decoder';

/** Takes a stream of JSON documents apart, one a line, however the bytes arrive. */
export class JsonLines {
  readonly #decoder = new StringDecoder();
  readonly #maxChars: number;
  #rest = '';

  /** A line that is longer than `maxChars` throws: a guest's agent may send what it likes. */
  constructor(maxChars = 2 ** 24) {
    this.#maxChars = maxChars;
  }

  /** The documents that are complete now. Throws a SyntaxError for what is no JSON. */
  push(chunk: Buffer): unknown[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > this.#maxChars) throw new SyntaxError('A line without an end');
    return lines.filter((line) => line.trim() !== '').map((line): unknown => JSON.parse(line));
  }
}
