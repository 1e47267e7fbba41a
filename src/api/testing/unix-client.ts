import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Operation } from '#contract/contract.ts';

/** A client on a unix socket in a folder of its own. */
export class UnixClient implements AsyncDisposable {
  readonly folder: string;
  readonly socketPath: string;
  readonly #sockets: WebSocket[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.socketPath = join(folder, 'unix.socket');
  }

  static async inTemporaryFolder(): Promise<UnixClient> {
    return new UnixClient(await mkdtemp(join(tmpdir(), 'wadah-api-')));
  }

  /** Sends a request. Resolves to the JSON that comes back. */
  async request(method: string, path: string, body?: object): Promise<{ metadata: unknown }> {
    const sent = request({ socketPath: this.socketPath, method, path });
    sent.end(body && JSON.stringify(body));
    const [answer] = await once(sent, 'response');
    return JSON.parse(await text(answer));
  }

  /** Sends a request whose answer holds an operation. */
  async operation(method: string, path: string, body?: object): Promise<Operation> {
    return (await this.request(method, path, body)).metadata as Operation;
  }

  /** The operation when it is over. */
  finished({ id }: Operation): Promise<Operation> {
    return this.operation('GET', `/1.0/operations/${id}/wait`);
  }

  /** Begins to open a websocket. */
  connect(path: string): WebSocket {
    const socket = new WebSocket(`ws+unix://${this.socketPath}:${path}`);
    this.#sockets.push(socket);
    return socket;
  }

  /** Opens a websocket; rejects with the HTTP status when it is refused. */
  websocket(path: string): Promise<WebSocket> {
    const socket = this.connect(path);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_request, { statusCode }) => {
        reject(new Error(`HTTP ${statusCode}`));
      });
      socket.on('error', reject);
    });
  }

  /** Opens one of the streams of a session. */
  stream({ id, metadata }: Operation, name: string): Promise<WebSocket> {
    const { [name]: secret } = metadata['fds'] as Record<string, string>;
    return this.websocket(`/1.0/operations/${id}/websocket?secret=${secret}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await rm(this.folder, { recursive: true });
  }
}

/** Everything that comes until the empty text frame. */
export function untilBarrier(socket: WebSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) chunks.push(data);
      else resolve(Buffer.concat(chunks));
    });
    socket.once('close', () => reject(new Error('closed before the end')));
  });
}
