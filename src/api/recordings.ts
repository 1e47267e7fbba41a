import type { Readable } from 'node:stream';

/** Bytes kept of one stream; what comes after is counted as read and dropped. */
const streamBytes = 1024 * 1024;
/** Bytes kept in all. The oldest recordings go first. */
const totalBytes = 16 * 1024 * 1024;

interface Recording {
  instance: string;
  file: string;
  content: Buffer;
}

/** What execs with `record-output` wrote, in memory: bounded, and gone with the daemon. */
export class Recordings {
  readonly #recordings: Recording[] = [];

  /** Reads the stream to its end and keeps its beginning. `instance` is an id: names are used again. */
  async record(instance: string, file: string, source: Readable): Promise<void> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (length < streamBytes) chunks.push(chunk.subarray(0, streamBytes - length));
      length += chunk.length;
    }
    this.#recordings.push({ instance, file, content: Buffer.concat(chunks) });
    this.#forgetOldest();
  }

  list(instance: string): string[] {
    return this.#recordings.filter((recording) => recording.instance === instance).map(({ file }) => file);
  }

  find(instance: string, file: string): Buffer | undefined {
    return this.#recordings[this.#indexOf(instance, file)]?.content;
  }

  /** Whether there was one. */
  delete(instance: string, file: string): boolean {
    const index = this.#indexOf(instance, file);
    if (index >= 0) this.#recordings.splice(index, 1);
    return index >= 0;
  }

  #indexOf(instance: string, file: string): number {
    return this.#recordings.findIndex(
      (recording) => recording.instance === instance && recording.file === file,
    );
  }

  #forgetOldest(): void {
    let length = this.#recordings.reduce((sum, { content }) => sum + content.length, 0);
    while (length > totalBytes) length -= this.#recordings.shift()?.content.length ?? 0;
  }
}
