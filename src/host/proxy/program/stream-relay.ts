import { Socket } from 'node:net';
import { sleep } from '#base/wait.ts';
import type { Route } from '../routes.ts';
import type { Sides } from './sides.ts';

const fullQueueMs = 20;

/** Leads one connection to where its route leads. Neither end sees more than if they spoke to each other. */
export async function relayStream(client: Socket, route: Route, sides: Sides): Promise<void> {
  client.on('error', () => undefined); // its `close` follows
  try {
    const server = await reach(client, route, sides);
    if (!server) return;
    if (client.destroyed) return void server.destroy();
    couple(server, client);
    couple(client, server);
    // While a connection is being made the kernel lets nothing be written, not even nothing.
    await written(server, route.forward.sendsProxyHeader ? proxyHeader(client) : '');
    client.pipe(server);
    server.pipe(client);
  } catch {
    hangUp(client); // as if it had been refused itself
  }
}

/** `undefined` when the client has gone meanwhile. Throws when it is refused. */
async function reach(client: Socket, route: Route, sides: Sides): Promise<Socket | undefined> {
  while (!client.destroyed) {
    const fd = await sides.connect(route);
    if (fd !== undefined) return politely(new Socket({ fd, allowHalfOpen: true }));
    await sleep(fullQueueMs);
  }
  return undefined;
}

function politely(server: Socket): Socket {
  server.on('error', () => undefined); // its `close` follows
  return server.setNoDelay(true).setKeepAlive(true, 15_000);
}

const written = (socket: Socket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(text, (error) => (error ? reject(error) : resolve()));
  });

/** What ends before its time ends the other too. */
function couple(one: Socket, other: Socket): void {
  one.once('close', () => {
    if (!one.readableEnded || !one.writableFinished) hangUp(other);
  });
}

/** Without a farewell: who is told of an end would take what came so far for all. */
export function hangUp(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** Of a client's connection; sockets in file systems have none. */
type Ends = {
  [End in 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort']?: Socket[End] | undefined;
};

/** The PROXY protocol, version 1. Who comes through a unix socket has no address. */
export function proxyHeader({ remoteAddress, remotePort, localAddress, localPort }: Ends): string {
  if (remoteAddress === undefined || localAddress === undefined) return 'PROXY UNKNOWN\r\n';
  const [from, to] = [remoteAddress, localAddress].map((address) => address.replace(/^::ffff:(?=\d+\.)/, ''));
  const family = from?.includes(':') ? 'TCP6' : 'TCP4';
  return `PROXY ${family} ${from} ${to} ${remotePort} ${localPort}\r\n`;
}
