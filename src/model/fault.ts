/**
 * The codes of everything that we expect to go wrong. They are permanent: the API, the exit statuses and
 * the web page read the code, people read the text.
 */
export const faultCodes = [
  'invalid', // the caller asked for something malformed
  'not-found',
  'exists', // the name is taken
  'wrong-state', // not while the instance is in this state
  'busy', // another operation works on it
  'conflict', // changed by someone else since it was read (ETag)
  'forbidden',
  'insufficient', // not enough memory, disk, addresses …
  'unsupported', // this host, image or instance type cannot do it
  'timed-out',
  'cancelled',
  'unavailable', // the daemon is starting or shutting down, or a server cannot be reached
  'host', // a program or the kernel refused
  'internal', // a bug of ours
] as const;

export type FaultCode = (typeof faultCodes)[number];

export interface FaultOptions {
  /** What to do about it, one sentence. */
  hint?: string;
  /** What the program, the kernel or the layer below said. */
  cause?: unknown;
}

/** Something that we expect to go wrong; any other `Error` is a bug and is answered as `internal`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}

/** Any thrown value as a Fault: aborts become `cancelled`, a full disk `insufficient`, unknown errors `internal`. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Error && error.name === 'AbortError') return new Fault('cancelled', 'Cancelled');
  const message = error instanceof Error ? error.message : String(error);
  if (isOfFullDisk(error)) {
    const hint = 'Delete what is not needed on this file system.';
    return new Fault('insufficient', `The disk is full (${message})`, { hint, cause: error });
  }
  return new Fault('internal', message, { cause: error });
}

/** Whatever is written, anywhere, a disk or a quota can be full. */
function isOfFullDisk(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
