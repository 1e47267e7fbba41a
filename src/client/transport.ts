import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { faultOfConnection } from './faults.ts';

export interface Outgoing {
  method: string;
  /** Path and query. */
  target: string;
  headers?: Record<string, string>;
  body?: string | Readable | undefined;
  signal?: AbortSignal | undefined;
}

export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read to its end, or destroyed. */
  body: IncomingMessage;
}

// Spares Node 20 the search for a TLS server name, whose pattern for IPv6 takes milliseconds to compile. Its types
// know the option only for https.
const noServerName: object = { servername: '' };

export type Trace = (exchange: string, milliseconds: number) => void;

/** HTTP over the daemon's unix socket. */
export class Transport {
  readonly socket: string;
  // Idle connections are kept for the next request and do not keep the process alive.
  readonly #agent = new Agent({ keepAlive: true });
  readonly #trace: Trace | undefined;

  /** `trace` is told of every exchange. */
  constructor(socket: string, trace?: Trace) {
    this.socket = socket;
    this.#trace = trace;
  }

  /** Throws `unavailable` or `forbidden` when the daemon cannot be reached. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const begin = performance.now();
    try {
      const incoming = await this.#exchange(outgoing);
      this.#trace?.(`${outgoing.method} ${outgoing.target}: ${incoming.status}`, performance.now() - begin);
      return incoming;
    } catch (error) {
      outgoing.signal?.throwIfAborted();
      throw faultOfConnection(error, this.socket);
    }
  }

  /** Throws as `send` does. */
  async text(incoming: Incoming): Promise<string> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming.body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    } catch (error) {
      throw faultOfConnection(error, this.socket);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange({ method, target, headers, body, signal }: Outgoing): Promise<Incoming> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent: this.#agent,
        socketPath: this.socket,
        ...noServerName,
        method,
        path: target,
        headers: {
          host: 'unix.socket',
          ...(typeof body === 'string' && { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
        ...(signal && { signal }),
      });
      outgoing.on('response', (incoming) =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming }),
      );
      outgoing.on('error', reject);
      // A refusal may arrive, and the connection end, before everything was sent: then the refusal counts.
      if (body instanceof Readable) pipeline(body, outgoing).catch(reject);
      else outgoing.end(body);
    });
  }
}
