import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { withFileOwner } from '#host/sys/credentials.ts';
import { inNetworkNamespace } from '#host/sys/namespaces.ts';
import { bindDatagram, connectStream, listenStream, type SocketAddress } from '#host/sys/sockets.ts';

/** A network namespace, seen by sockets of the test's own process: the host's, or the inside of a container. */
export class Side {
  readonly #namespace: string;
  readonly #owner: number;
  readonly #open = new Set<{ destroy(): void }>();

  /** `owner`: of sockets that are made in a file system. */
  constructor(namespace: string, owner = 0) {
    this.#namespace = namespace;
    this.#owner = owner;
  }

  /** A connection that can be half open; refused at once where nobody listens. */
  connect(address: SocketAddress): Socket {
    const fd = this.#inside(() => connectStream(address));
    if (fd === undefined) throw new Error('the queue is full');
    return this.#keep(new Socket({ fd, allowHalfOpen: true }));
  }

  /** Throws when somebody listens there already. */
  listen(address: SocketAddress, serve: (connection: Socket) => void): Server {
    const fd = this.#inside(() => withFileOwner(this.#owner, () => listenStream(address)));
    const server = createServer({ allowHalfOpen: true }, (connection) => serve(this.#keep(connection)));
    this.#open.add({ destroy: () => server.close() });
    return server.listen({ fd });
  }

  /** Port 0: any that is free. */
  receive(address: { host: string; port: number }): DatagramSocket {
    const fd = this.#inside(() => bindDatagram(address));
    const socket = createSocket('udp4').bind({ fd });
    this.#open.add({ destroy: () => socket.close() });
    return socket;
  }

  /** Closes all that was opened here: an open socket would keep the namespace. */
  close(): void {
    for (const each of this.#open) each.destroy();
    this.#open.clear();
  }

  #inside<T>(work: () => T): T {
    return inNetworkNamespace(this.#namespace, work);
  }

  #keep(socket: Socket): Socket {
    socket.on('error', () => undefined);
    this.#open.add(socket);
    return socket;
  }
}

/** All that comes until the other side has said its last; rejects when it hangs up without a word. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (data: Buffer) => chunks.push(data));
  const failed = once(socket, 'close').then(() => {
    if (!socket.readableEnded) throw socket.errored ?? new Error('hung up');
  });
  await Promise.race([once(socket, 'end'), failed]);
  return Buffer.concat(chunks).toString();
}

/** Answers with what it was told, once the caller has said its last. */
export const echo = (connection: Socket): void => {
  connection.pipe(connection);
};
