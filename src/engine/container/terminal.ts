import { closeSync, readSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import tty from 'node:tty';
import { sleep } from '#base/wait.ts';
import type { TerminalSize } from '../engine.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { onReadable } from '#host/sys/readable.ts';
import { openTerminalPeer, setNonBlocking, setTerminalSize } from '#host/sys/terminals.ts';
import { acceptConnection, listenStreamSocket, receiveMessage } from '#host/sys/unix-sockets.ts';
import type { Source } from './exec-streams.ts';

const fullMs = 5;
const readBytes = 4096;

/**
 * Our side of a terminal whose other side is inside. We keep that open too: when the last one hangs up, libuv takes
 * the first short read for the end, and a terminal never gives more than 4 KiB at once.
 */
export class Terminal {
  /** What it shows. Does not end by itself. */
  readonly output: Source;
  /** What is typed. */
  readonly input: Writable;
  readonly #fd: number;

  /** Takes over the descriptor. */
  constructor(fd: number) {
    this.#fd = fd;
    const peer = openTerminalPeer(fd);
    this.output = new tty.ReadStream(fd).once('close', () => closeSync(peer));
    setNonBlocking(fd);
    this.input = new Writable({
      // oxlint-disable-next-line promise/no-callback-in-promise -- a Writable speaks in callbacks
      write: (chunk: Buffer, _, done) => void this.#type(chunk).then(() => done(), done),
    });
  }

  /** What it has shown and nobody has read. */
  readRest(): Buffer {
    const chunks: Buffer[] = [];
    for (let chunk = this.#read(); chunk; chunk = this.#read()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  resize(size: TerminalSize): void {
    if (!this.output.destroyed) setTerminalSize(this.#fd, size);
  }

  #read(): Buffer | undefined {
    const buffer = Buffer.alloc(readBytes);
    try {
      return buffer.subarray(0, readSync(this.#fd, buffer));
    } catch (error) {
      if (['EAGAIN', 'EIO'].includes(systemErrorCode(error) ?? '')) return undefined;
      throw error;
    }
  }

  /** libuv can only block when it writes to this side of a terminal, so it does not get to. */
  async #type(text: Buffer): Promise<void> {
    for (let rest = text; rest.length > 0 && !this.output.destroyed; ) {
      try {
        rest = rest.subarray(writeSync(this.#fd, rest));
      } catch (error) {
        if (systemErrorCode(error) !== 'EAGAIN') throw error;
        await sleep(fullMs); // the program inside does not read what is typed
      }
    }
  }
}

/** Where crun hands over the terminal that it makes inside: a socket on which the descriptor arrives. */
export class ConsoleSocket {
  readonly path: string;
  readonly #listener: number;
  readonly #received: Promise<number>;
  #give: (fd: number) => void = () => {};
  #connection: number | undefined;
  #watch: { stop(): void };
  #isTaken = false;

  constructor(path: string) {
    this.path = path;
    this.#listener = listenStreamSocket(path);
    this.#received = new Promise((resolve) => {
      this.#give = resolve;
    });
    this.#watch = onReadable(this.#listener, () => this.#accept());
  }

  /** The terminal's descriptor, once crun has sent it; whoever takes it closes it. */
  take(): Promise<number> {
    this.#isTaken = true;
    return this.#received;
  }

  close(): void {
    this.#watch.stop();
    if (this.#connection !== undefined) closeSync(this.#connection);
    closeSync(this.#listener);
    if (!this.#isTaken) void this.#received.then(closeSync);
  }

  #accept(): void {
    const connection = acceptConnection(this.#listener);
    if (connection === undefined) return;
    this.#connection = connection;
    this.#watch.stop();
    this.#watch = onReadable(connection, () => {
      const [fd] = receiveMessage(connection)?.descriptors ?? [];
      if (fd !== undefined) this.#give(fd);
    });
  }
}
