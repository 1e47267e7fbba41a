import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonLines } from './qmp/json-lines.ts';

/** A command, of QMP or the agent. */
export interface Said {
  execute: string;
  id: number;
  arguments?: { id: number };
}

type Serve = (said: Said, socket: Socket) => void;

/** Plays the other side of a socket on which JSON lines are spoken. */
export class FakePeer implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(folder: string, serve: Serve, greeting: string) {
    this.#folder = folder;
    this.path = join(folder, 'socket');
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      const lines = new JsonLines();
      socket.on('data', (chunk: Buffer) => {
        const text = Buffer.from(chunk.filter((byte) => byte !== 0xff));
        for (const message of lines.push(text)) serve(message as Said, socket);
      });
      socket.write(greeting);
    });
  }

  /** `serve` answers what it is told by writing to the socket. */
  static async listen(serve: Serve, greeting = ''): Promise<FakePeer> {
    const peer = new FakePeer(await mkdtemp(join(tmpdir(), 'wadah-peer-')), serve, greeting);
    await new Promise<void>((resolve) => peer.#server.listen(peer.path, resolve));
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }
}
