import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { Deadline, orAborted } from '#base/wait.ts';
import type { ExecRequest, ExecSession } from '../../engine.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { GuestShell } from '../guest-access.ts';
import { GuestConnection } from './guest-connection.ts';
import { startGuestExec } from './guest-exec.ts';

/** How long a guest that boots may take until it answers: an emulated one on a busy host, more than a minute. */
const patienceMs = 120_000;
/** A guest in which nothing runs for us needs no ssh server: it takes memory, and both sides ask if the other is there. */
const idleMs = 30_000;
/** The first attempt, each later one twice as long: what an earlier connection began can swallow a greeting. */
const attemptMs = 2_000;

/**
 * Programs in one guest, through the socket behind its port. The socket is held open from the start, though nothing is
 * said on it before the first program: the guest then waits without waking up.
 */
export class SshGuestShell implements GuestShell {
  readonly #path: string;
  readonly #closing = new AbortController();
  /** Ends when the guest begins anew: nobody is left then whom an attempt has spoken to. */
  #boot = new AbortController();
  #socket: Socket | undefined;
  #connection: Promise<GuestConnection> | undefined;
  #isConnecting = false;
  #programs = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(socketPath: string) {
    this.#path = socketPath;
    this.#hold();
  }

  async exec(request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    clearTimeout(this.#idle);
    this.#programs += 1;
    try {
      // A guest need not answer; a program that comes too late is killed.
      const session = await orAborted(this.#start(request, signal), signal);
      void session.exited.then(() => this.#ended());
      return session;
    } catch (error) {
      this.#ended();
      throw error;
    }
  }

  async #start(request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    return startGuestExec(await this.#connected(), request, signal);
  }

  restart(): void {
    this.#boot.abort();
    this.#boot = new AbortController();
    if (this.#isConnecting) this.#hold();
    else this.#hangUp();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#idle);
    this.#hangUp();
  }

  #ended(): void {
    this.#programs -= 1;
    if (this.#programs > 0 || this.#closing.signal.aborted) return;
    this.#idle = setTimeout(() => this.#hangUp(), idleMs);
  }

  #hangUp(): void {
    this.#connection = undefined;
    this.#hold(); // the end of its socket ends a connection
  }

  /** A fresh socket in place of the one that was there. */
  #hold(): Socket | undefined {
    this.#socket?.destroy();
    this.#socket = undefined;
    if (this.#closing.signal.aborted) return undefined;
    this.#socket = createConnection(this.#path);
    this.#socket.on('error', () => {}); // told by the next use
    return this.#socket;
  }

  /** The connection that all share; what one of them gives up waiting for, goes on for the others. */
  #connected(): Promise<GuestConnection> {
    if (this.#connection) return this.#connection;
    const connection = this.#connect();
    const over = (): void => {
      if (this.#connection === connection) this.#hangUp();
    };
    connection.then(({ closed }) => closed.then(over), over);
    this.#connection = connection;
    return connection;
  }

  async #connect(): Promise<GuestConnection> {
    this.#isConnecting = true;
    try {
      for (;;) {
        const boot = this.#boot.signal;
        const connection = await this.#reach(boot).catch((error: unknown) => {
          if (!boot.aborted || this.#closing.signal.aborted) throw error;
        });
        if (connection) return connection;
      }
    } finally {
      this.#isConnecting = false;
    }
  }

  /** Tries until the guest answers. */
  async #reach(boot: AbortSignal): Promise<GuestConnection> {
    using deadline = new Deadline(patienceMs, [this.#closing.signal, boot]);
    const patience = deadline.signal;
    for (let ms = attemptMs; ; ms *= 2) {
      using attempt = new Deadline(ms, [patience]);
      const socket = await this.#openSocket(patience);
      try {
        return await GuestConnection.open(socket, attempt.signal);
      } catch (error) {
        if (patience.aborted) throw noAnswer(error);
        if (!attempt.signal.aborted && !isFault(error, 'unavailable')) throw error;
        this.#hold();
      }
    }
  }

  async #openSocket(signal: AbortSignal): Promise<Socket> {
    const socket = this.#socket && !this.#socket.destroyed ? this.#socket : this.#hold();
    if (!socket) throw noAnswer(undefined);
    if (socket.connecting) {
      await once(socket, 'connect', { signal }).catch((cause: unknown) => Promise.reject(noAnswer(cause)));
    }
    return socket;
  }
}

const noAnswer = (cause: unknown): Fault =>
  new Fault('unavailable', 'The guest does not answer on its port for programs', {
    hint: 'It may still be booting: try again in a moment, or look at its console.',
    cause,
  });
