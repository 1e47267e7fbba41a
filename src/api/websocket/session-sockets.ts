import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { orAborted, settlesWithin } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';

/** Name of a stream, as in `metadata.fds`. */
export type StreamName = '0' | '1' | '2' | 'control';

interface Slot {
  secret: string;
  isClaimed: boolean;
  socket: Promise<WebSocket>;
  connect: (socket: WebSocket) => void;
}

/**
 * The websockets that one exec or console waits for, each behind a secret that works once. A socket is paused from
 * the moment it connects, so that nothing is lost before somebody reads it.
 */
export class SessionSockets {
  readonly #slots: ReadonlyMap<StreamName, Slot>;
  readonly #open = new Set<WebSocket>();
  #isClosed = false;

  constructor(names: readonly StreamName[]) {
    this.#slots = new Map(names.map((name) => [name, newSlot()]));
  }

  /** Stream names to secrets. */
  get fds(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#slots, ([name, { secret }]) => [name, secret]));
  }

  /** Uses a secret up. Returns what takes its socket. Throws `forbidden`. */
  claim(secret: string): (socket: WebSocket) => void {
    const slot = [...this.#slots.values()].find((candidate) => candidate.secret === secret);
    if (!slot || slot.isClaimed) {
      throw new Fault('forbidden', 'This secret opens nothing, or has been used');
    }
    slot.isClaimed = true;
    return (socket) => this.#connect(slot, socket);
  }

  #connect(slot: Slot, socket: WebSocket): void {
    if (this.#isClosed) {
      socket.close(1000);
      return;
    }
    socket.pause();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    slot.connect(socket);
  }

  /** The socket of a stream, once it connects; `undefined` when the session has no such stream. */
  get(name: StreamName): Promise<WebSocket> | undefined {
    return this.#slots.get(name)?.socket;
  }

  /** Resolves when all of `names` are connected. Throws `timed-out` after `ms`, or the signal's reason. */
  async connected(names: readonly StreamName[], ms: number, signal: AbortSignal): Promise<void> {
    const all = Promise.all(names.flatMap((name) => this.get(name) ?? []));
    if (await settlesWithin(orAborted(all, signal), ms)) return;
    throw new Fault('timed-out', `Nobody connected to the session within ${ms / 1000} s`);
  }

  /** Says good-bye to everyone who is connected, after what was sent before. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#open) {
      socket.resume();
      socket.close(1000);
    }
  }

  /** Hangs up at once. */
  terminate(): void {
    this.#isClosed = true;
    for (const socket of this.#open) socket.terminate();
  }
}

function newSlot(): Slot {
  let connect: Slot['connect'] = () => {};
  const socket = new Promise<WebSocket>((resolve) => {
    connect = resolve;
  });
  return { secret: randomBytes(32).toString('hex'), isClaimed: false, socket, connect };
}
