import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { DatagramRoute, InternetEndpoint } from '../routes.ts';
import type { Listener } from './listener.ts';
import type { Sides } from './sides.ts';

/** As long as the kernel remembers for its own translations. */
const idleMs = 120_000;
/** Anybody can send from many addresses; whoever was silent the longest gives way. */
const mostFlows = 4096;

/** What one sender and the other side say to each other. */
interface Flow {
  socket: Socket;
  /** What has come before the socket knew where to; `undefined` from then on. */
  waiting: Buffer[] | undefined;
  idle: NodeJS.Timeout;
}

/** Leads datagrams to the other side, and back to each sender what is answered to it. */
export class DatagramListener implements Listener {
  route: DatagramRoute;
  readonly #sides: Sides;
  /** By sender, the one that was silent the longest first. */
  readonly #flows = new Map<string, Flow>();
  #socket: Socket | undefined;

  constructor(route: DatagramRoute, sides: Sides) {
    this.route = route;
    this.#sides = sides;
  }

  async open(): Promise<void> {
    const { fd } = await this.#sides.listen(this.route);
    this.#socket = take(fd, this.route.from);
    this.#socket.on('message', (data, sender) => this.#lead(data, sender));
  }

  async shut(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
  }

  hangUp(): void {
    for (const sender of [...this.#flows.keys()]) this.#end(sender);
  }

  #lead(data: Buffer, { address, port }: RemoteInfo): void {
    const sender = `${address} ${port}`;
    const flow = this.#flows.get(sender) ?? this.#begin(address, port);
    if (!flow) return;
    this.#flows.delete(sender);
    this.#flows.set(sender, flow);
    flow.idle.refresh();
    if (flow.waiting) flow.waiting.push(data);
    else flow.socket.send(data, ignore);
  }

  /** `undefined` where the other side has gone: datagrams may get lost. */
  #begin(address: string, port: number): Flow | undefined {
    const { forward, to } = this.route;
    const socket = this.#reach(() => this.#sides.openDatagram(forward, to));
    if (!socket) return undefined;
    const idle = setTimeout(() => this.#end(`${address} ${port}`), idleMs);
    const flow: Flow = { socket, idle, waiting: [] };
    socket.on('message', (data) => {
      idle.refresh();
      this.#socket?.send(data, port, address, ignore);
    });
    socket.connect(to.port, to.host, () => {
      for (const data of flow.waiting ?? []) socket.send(data, ignore);
      flow.waiting = undefined;
    });
    const [oldest] = this.#flows.keys();
    if (oldest !== undefined && this.#flows.size >= mostFlows) this.#end(oldest);
    return flow;
  }

  #reach(open: () => number): Socket | undefined {
    try {
      return take(open(), this.route.to);
    } catch {
      return undefined;
    }
  }

  #end(sender: string): void {
    const flow = this.#flows.get(sender);
    if (!flow) return;
    this.#flows.delete(sender);
    clearTimeout(flow.idle);
    flow.socket.close();
  }
}

function take(fd: number, { host }: InternetEndpoint): Socket {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  socket.on('error', ignore);
  return socket.bind({ fd });
}

/** What is refused gets lost, as everywhere with datagrams. */
function ignore(): void {}
