import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FaultNote, Operation } from '#contract/contract.ts';

/** What a test saw arrive. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  target: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type FakeAnswer =
  | { metadata: unknown; etag?: string }
  | { operation: Operation }
  | { error: string; status: number; wadah?: FaultNote }
  | { content: string; headers?: Record<string, string> };

type Handler = (request: SeenRequest) => FakeAnswer | Promise<FakeAnswer>;

/** Speaks the API's envelopes over a unix socket, with answers that a test chooses. */
export class FakeDaemon implements AsyncDisposable {
  readonly dir: string;
  readonly requests: SeenRequest[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #sockets = new Map<string, (socket: WebSocket) => void>();
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #upgrades = new WebSocketServer({ noServer: true });

  constructor(dir: string) {
    this.dir = dir;
    this.#server.on('upgrade', (request, socket, head) => {
      const listener = this.#sockets.get(request.url ?? '');
      if (!listener) return void socket.end(refusal);
      this.#upgrades.handleUpgrade(request, socket, head, listener);
    });
  }

  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(await mkdtemp(join(tmpdir(), 'wadah-fake-')));
    await new Promise<void>((resolve) => daemon.#server.listen(daemon.socket, resolve));
    return daemon;
  }

  get socket(): string {
    return join(this.dir, 'unix.socket');
  }

  /** Answers `GET /1.0/instances` and the like; queries are not looked at. */
  on(route: string, answer: FakeAnswer | Handler): this {
    this.#handlers.set(route, typeof answer === 'function' ? answer : () => answer);
    return this;
  }

  /** Accepts a websocket at this path and query. */
  onSocket(target: string, listener: (socket: WebSocket) => void): this {
    this.#sockets.set(target, listener);
    return this;
  }

  /** `PUT /1.0/instances/web1` of each request that changed something. */
  get changes(): string[] {
    return this.requests
      .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
      .map(({ method, target }) => `${method} ${target}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#upgrades.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.dir, { recursive: true, force: true });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: target = '', headers } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = { method, target, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(request);
    const handler = this.#handlers.get(`${method} ${decodeURI(target.split('?')[0] ?? '')}`);
    send(response, handler ? await handler(request) : notFound);
  }
}

const notFound: FakeAnswer = { error: 'Nothing is here', status: 404, wadah: { code: 'not-found' } };
const refusal = 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

function send(response: ServerResponse, answer: FakeAnswer): void {
  const json = (status: number, body: object, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  if ('content' in answer) response.writeHead(200, answer.headers).end(answer.content);
  else if ('error' in answer) {
    const { error, status, wadah } = answer;
    json(status, { type: 'error', error, error_code: status, metadata: null, wadah });
  } else if ('operation' in answer) {
    json(202, { type: 'async', status_code: 100, metadata: answer.operation });
  } else {
    const { metadata, etag } = answer;
    json(200, { type: 'sync', status_code: 200, metadata }, etag === undefined ? {} : { etag });
  }
}

/** An operation for answers; it has succeeded unless told otherwise. */
export function fakeOperation(change: Partial<Operation> = {}): Operation {
  return {
    id: '5f0c9d1e-0000-4000-8000-000000000001',
    class: 'task',
    description: 'Working',
    created_at: '2026-11-23T00:00:00Z',
    updated_at: '2026-11-23T00:00:00Z',
    status: 'Success',
    status_code: 200,
    resources: {},
    metadata: {},
    may_cancel: true,
    err: '',
    location: 'none',
    wadah: { kind: 'test' },
    ...change,
  };
}
