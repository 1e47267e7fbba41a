import { createServer, type Server, type Socket } from 'node:net';
import type { Route } from '../routes.ts';
import { complain } from './complain.ts';
import type { Listener } from './listener.ts';
import type { Listening, Sides } from './sides.ts';
import { hangUp, relayStream } from './stream-relay.ts';

/** As Go has it, and hence as Incus: peers that have vanished are noticed, small writes do not wait. */
const manners = { keepAlive: true, keepAliveInitialDelay: 15_000, noDelay: true };

/** Takes connections and leads each to the other side. */
export class StreamListener implements Listener {
  route: Route;
  readonly #sides: Sides;
  readonly #clients = new Set<Socket>();
  #open: { server: Server; listening: Listening } | undefined;

  constructor(route: Route, sides: Sides) {
    this.route = route;
    this.#sides = sides;
  }

  async open(): Promise<void> {
    const listening = await this.#sides.listen(this.route);
    // Whoever has said all it has to say may still listen; nothing is read before there is somebody to tell.
    const server = createServer({ ...manners, allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#lead(client),
    );
    server.on('error', (error) => complain(this.route.from.text, error));
    server.listen({ fd: listening.fd });
    this.#open = { server, listening };
  }

  async shut(): Promise<void> {
    if (!this.#open) return;
    const { server, listening } = this.#open;
    this.#open = undefined;
    server.close();
    // The guest may have ended, or its folder gone, and the socket with it.
    await this.#sides.tidyUp(this.route, listening).catch(() => undefined);
  }

  hangUp(): void {
    for (const client of this.#clients) hangUp(client);
  }

  #lead(client: Socket): void {
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    void relayStream(client, this.route, this.#sides);
  }
}
