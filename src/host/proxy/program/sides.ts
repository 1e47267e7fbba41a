import { openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Forward, Owner } from '#model/device.ts';
import { asUser } from '../../sys/credentials.ts';
import { O_PATH } from '../../sys/open-within.ts';
import { bindDatagram, connectStream, listenStream, openDatagram } from '../../sys/sockets.ts';
import type { InternetEndpoint, Route, UnixEndpoint } from '../routes.ts';
import { type Guest, withDescriptor } from './guest.ts';
import { listenAtFile, removeSocketFile, type SocketFile, statSocket } from './socket-file.ts';

type Side = Forward['listensOn'];

export interface Listening {
  fd: number;
  /** What it made in a file system. */
  file?: SocketFile | undefined;
}

const root = { uid: 0, gid: 0 };

/** Makes the sockets of routes, each on its side: the host's, or inside of one guest. */
export class Sides {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Listens or, for datagrams, receives. Throws `host`, `timed-out`. */
  async listen({ forward, from }: Route): Promise<Listening> {
    const side = forward.listensOn;
    if (isFile(from)) {
      return this.#inFolder(side, from.path, (path) => {
        const fd = listenAtFile(path, { ...forward.socket, ...this.#onHost(side, forward.socket) });
        return { fd, file: statSocket(path) };
      });
    }
    const open = () => (from.kind === 'udp' ? bindDatagram(from) : listenStream(from));
    return { fd: this.#inNetwork(side, open) };
  }

  /** Takes away what listening left in a file system. */
  async tidyUp({ forward, from }: Route, { file }: Listening): Promise<void> {
    if (!file || !isFile(from)) return;
    await this.#inFolder(forward.listensOn, from.path, (path) => removeSocketFile(path, file));
  }

  /** As `connectStream`. */
  async connect({ forward, to }: Route): Promise<number | undefined> {
    const side = otherSide(forward);
    const connect = (path: string) => this.#as(side, forward.connectsAs, () => connectStream({ path }));
    if (isFile(to)) {
      return this.#withPath(side, to.path, (fd) => connect(`/proc/self/fd/${fd}`));
    }
    return this.#inNetwork(side, () => this.#as(side, forward.connectsAs, () => connectStream(to)));
  }

  /** A datagram socket from which the route's target is reached. */
  openDatagram(forward: Forward, to: InternetEndpoint): number {
    const side = otherSide(forward);
    return this.#inNetwork(side, () => this.#as(side, forward.connectsAs, () => openDatagram(to)));
  }

  #inNetwork<T>(side: Side, work: () => T): T {
    return side === 'host' ? work() : this.#guest.inNetwork(work);
  }

  /** With a path to it through a descriptor of its folder: nothing that the guest changes leads elsewhere. */
  #inFolder<T>(side: Side, path: string, work: (path: string) => T): Promise<T> {
    return this.#withPath(side, dirname(path), (fd) => work(`/proc/self/fd/${fd}/${basename(path)}`));
  }

  async #withPath<T>(side: Side, path: string, work: (fd: number) => T): Promise<T> {
    if (side === 'instance') return this.#guest.withPath(path, work);
    return withDescriptor(openSync(path, O_PATH), work);
  }

  /** The root of a side may do whatever root may; others only what they may. */
  #as<T>(side: Side, user: Owner, work: () => T): T {
    const { uid, gid } = this.#onHost(side, user);
    if (uid === root.uid && gid === root.gid) return work();
    return asUser({ uid, gid, keepsRights: user.uid === root.uid }, work);
  }

  #onHost(side: Side, { uid, gid }: Owner): Owner {
    if (side === 'host') return { uid, gid };
    return { uid: this.#guest.hostId(uid), gid: this.#guest.hostId(gid) };
  }
}

const otherSide = ({ listensOn }: Forward): Side => (listensOn === 'host' ? 'instance' : 'host');

const isFile = (endpoint: Route['to']): endpoint is UnixEndpoint =>
  endpoint.kind === 'unix' && endpoint.path.startsWith('/');
