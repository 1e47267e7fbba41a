import { Fault } from '#model/fault.ts';
import type { OperationHandle, Operations, SessionOptions } from '#operation/operation.ts';
import type { SessionSockets } from './session-sockets.ts';

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
    void handle.finished.then(() => this.#sockets.delete(handle.id));
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
