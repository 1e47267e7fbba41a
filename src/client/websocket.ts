import { once } from 'node:events';
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { ErrorAnswer } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { faultOfAnswer, faultOfConnection } from './faults.ts';
import type { Transport } from './transport.ts';

/**
 * Opens a websocket on the daemon's socket. It arrives paused, so that nothing is lost before somebody listens:
 * call `resume` then. Throws what the daemon answers instead, `unavailable` or `forbidden`.
 */
export async function openWebSocket(transport: Transport, target: string): Promise<WebSocket> {
  // Loaded here, since most commands need none.
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`ws://unix.socket${target}`, {
    createConnection: () => connect(transport.socket),
    perMessageDeflate: false,
  });
  return await new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.pause();
      // Without a listener a broken connection would end the process; `close` follows and tells.
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', (error) => reject(faultOfConnection(error, transport.socket)));
    socket.once('unexpected-response', (_, answer) => {
      refusal(transport, answer).then(reject, reject);
    });
  });
}

async function refusal(transport: Transport, answer: IncomingMessage): Promise<Fault> {
  const status = answer.statusCode ?? 0;
  const text = await transport.text({ status, headers: answer.headers, body: answer });
  try {
    return faultOfAnswer(status, JSON.parse(text) as ErrorAnswer);
  } catch {
    return faultOfAnswer(status, undefined);
  }
}

const open = 1;
const closed = 3;

/** One stream of an exec or console: bytes in binary frames, an empty text frame at the end of either direction. */
export class StreamSocket {
  readonly #socket: WebSocket;
  #isHeld = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Sends a source to its end and says that it ended. Stops early when the other side is gone. */
  async sendFrom(source: AsyncIterable<unknown>): Promise<void> {
    for await (const chunk of source) {
      if (!(await this.#send(chunk as Buffer))) return;
    }
    await this.#send('');
  }

  /** Sends a message that is no part of the stream. */
  async sendText(message: string): Promise<void> {
    await this.#send(message);
  }

  /** Lets frames come in that nobody reads. */
  resume(): void {
    this.#socket.resume();
  }

  /** Writes what arrives until the other side says that it ended. Throws `unavailable` when it vanishes instead. */
  async receiveInto(sink: Writable): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#socket.on('message', (bytes: Buffer, isBinary: boolean) => {
        if (!isBinary && bytes.length === 0) resolve();
        else if (!sink.write(bytes)) this.#holdUntilDrained(sink);
      });
      const breakOff = (): void => reject(new Fault('unavailable', 'The connection to the daemon broke off'));
      if (this.#socket.readyState === closed) breakOff();
      this.#socket.once('close', breakOff);
    });
    this.#socket.resume();
    await done;
  }

  /** Closes normally. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Closes and forgets what is still on its way. */
  drop(): void {
    this.#socket.terminate();
  }

  #holdUntilDrained(sink: Writable): void {
    // Frames that had arrived already still come out of a paused socket.
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#socket.pause();
    once(sink, 'drain').then(
      () => {
        this.#isHeld = false;
        this.#socket.resume();
      },
      () => this.#socket.terminate(),
    );
  }

  /** Waits until the bytes are handed to the kernel: that slows the source down to the pace of the other side. */
  #send(data: Buffer | string): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.readyState !== open) resolve(false);
      else this.#socket.send(data, { binary: typeof data !== 'string' }, (error) => resolve(!error));
    });
  }
}
