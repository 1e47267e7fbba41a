import { Fault } from '#model/fault.ts';
import type { OperationHandle, Operations, SessionOptions } from '#operation/operation.ts';
import type { SessionSockets } from './session-sockets.ts';

/** How long a session that is over still takes connections, only to say good-bye to them. */
const lateMs = 20_000;

/** The execs and consoles whose clients may connect, by the id of their operation. */
export class Sessions {
  readonly #operations: Operations;
  readonly #sockets = new Map<string, SessionSockets>();

  constructor(operations: Operations) {
    this.#operations = operations;
  }

  /** Starts an operation that clients connect to by the secrets in its `fds`. */
  open(
    options: SessionOptions,
    sockets: SessionSockets,
    work: (signal: AbortSignal) => Promise<Record<string, unknown>>,
  ): OperationHandle {
    const result = { ...options.result, fds: sockets.fds };
    const handle = this.#operations.session({ ...options, result }, work);
    this.#sockets.set(handle.id, sockets);
    // A short program may have ended before the client's last socket, `control`, arrives.
    void handle.finished.then(() => setTimeout(() => this.#sockets.delete(handle.id), lateMs).unref());
    return handle;
  }

  /** Throws `not-found`. */
  get(operationId: string): SessionSockets {
    const sockets = this.#sockets.get(operationId);
    if (sockets) return sockets;
    const { description } = this.#operations.get(operationId).view();
    throw new Fault('not-found', `The operation "${description}" has no streams to connect to`);
  }
}
