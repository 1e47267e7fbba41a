import { Fault, type FaultCode, asFault, isFault } from '#model/fault.ts';
import type { ErrorAnswer, Operation } from '#contract/contract.ts';

// For servers of the same dialect that say no code of their own.
const codeOfStatus: Record<number, FaultCode> = {
  400: 'invalid',
  401: 'forbidden',
  403: 'forbidden',
  404: 'not-found',
  409: 'exists',
  412: 'conflict',
  423: 'busy',
  501: 'unsupported',
  503: 'unavailable',
};

/** The server's refusal as it meant it. */
export function faultOfAnswer(status: number, answer: Partial<ErrorAnswer> | undefined): Fault {
  const code = answer?.wadah?.code ?? codeOfStatus[status] ?? 'internal';
  return new Fault(code, answer?.error || `The daemon answered ${status} without a reason`, {
    ...(answer?.wadah?.hint !== undefined && { hint: answer.wadah.hint }),
  });
}

/** Why an operation did not succeed. */
export function faultOfOperation(operation: Operation): Fault {
  const fault = operation.wadah.fault;
  if (fault) {
    return new Fault(fault.code, fault.message, { ...(fault.hint !== undefined && { hint: fault.hint }) });
  }
  const code = operation.status === 'Cancelled' ? 'cancelled' : 'internal';
  return new Fault(code, operation.err || `${operation.description}: ${operation.status.toLowerCase()}`);
}

/** What went wrong on the way to or from the daemon. */
export function faultOfConnection(error: unknown, socket: string): Fault {
  if (isFault(error)) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    return new Fault('unavailable', `No daemon listens on ${socket}`, {
      hint: 'Start it with `npm start` in the checkout, or `systemctl start wadahd` where it is a service. --dir names another one.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Fault('forbidden', `You may not talk to the daemon on ${socket}`, {
      hint: 'Use sudo, or join its group: `sudo usermod -aG wadah $USER`, then log in again.',
      cause: error,
    });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new Fault('unavailable', 'The daemon went away in the middle of a request', {
      hint: 'When it is back it finishes what it had begun, or undoes it; see `wadah operation list`.',
      cause: error,
    });
  }
  return asFault(error);
}
