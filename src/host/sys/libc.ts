import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import koffi from 'koffi';
import pLimit from 'p-limit';
import { Fault, isFault } from '#model/fault.ts';

/**
 * The one place that reaches into libc. Rules for everything in this folder: main thread only (koffi crashes in
 * worker threads), plain integers, strings and Buffers (a kept pointer or a callback outlives what it points
 * to), a test for every wrapper: a wrong signature is a crash of the daemon, not an exception.
 */
const libc = koffi.load('libc.so.6');

/** A C type, as koffi writes it: `int`, `ulong`, `str`, `void*`. */
export type CType = Parameters<typeof koffi.inout>[0];
export type Argument = number | string | Buffer | object | null;

export interface LibcFunction {
  (...args: Argument[]): number;
  async(...args: [...Argument[], (error: Error | null, result: number) => void]): void;
}

export function libcFunction(name: string, result: 'int' | 'long', parameters: CType[]): LibcFunction {
  return libc.func(name, result, parameters);
}

/** A system call without a wrapper in glibc 2.36. Numbers above 423 are the same on every architecture. */
export function systemCall(number: number, parameters: CType[]): LibcFunction {
  const raw = libcFunction('syscall', 'long', ['long', ...parameters]);
  const call = (...args: Argument[]) => raw(number, ...args);
  const async: LibcFunction['async'] = (...args) => raw.async(number, ...args);
  return Object.assign(call, { async });
}

/** Hands a non-negative result through; throws `host` naming the call and what it acted on for a negative one. */
export function check(call: string, object: string, result: number): number {
  if (result >= 0) return result;
  throw systemFault(call, object, koffi.errno());
}

// koffi does not promise to keep what it was given alive until the thread is done.
const inFlight = new Set<readonly Argument[]>();

/** koffi throws when more than 256 wait for a thread; a list of all instances asks for one for each NIC. */
const calls = pLimit(128);

/** As `check`, with the call made on libuv's thread pool: for whatever may wait for a disk. */
export function checkAsync(
  call: string,
  object: string,
  fn: LibcFunction,
  ...args: Argument[]
): Promise<number> {
  const run = (resolve: (result: number) => void, reject: (error: Error) => void): void => {
    inFlight.add(args);
    fn.async(...args, (error, result) => {
      inFlight.delete(args);
      if (error) reject(error);
      else if (result >= 0) resolve(result);
      else reject(systemFault(call, object, koffi.errno())); // koffi carries errno over from its thread
    });
  };
  return calls(() => new Promise<number>(run));
}

export function systemFault(call: string, object: string, errno: number): Fault {
  const code = errorCode(errno);
  const text = getSystemErrorMap().get(-errno)?.[1] ?? 'refused';
  const cause = Object.assign(new Error(`${call}: ${text}`), { code, errno: -errno, syscall: call });
  return new Fault('host', `${call} ${object}: ${text} (${code})`, { cause });
}

/** The last call's error as Node names it: `EAGAIN`. Only valid right after the call. */
export function lastErrorCode(): string {
  return errorCode(koffi.errno());
}

// Node knows more names here than in its map of texts, which lacks ECHILD.
const codes = new Map(Object.entries(constants.errno).map(([code, errno]) => [errno, code]));
codes.set(constants.errno.EAGAIN, 'EAGAIN'); // and not its other name, EWOULDBLOCK

const errorCode = (errno: number): string => codes.get(errno) ?? `E${errno}`;

/** `ENOENT` and so on, of an error by Node or a Fault made here; `undefined` for any other. */
export function systemErrorCode(error: unknown): string | undefined {
  const source = isFault(error) ? error.cause : error;
  const code = source instanceof Error && 'code' in source ? source.code : undefined;
  return typeof code === 'string' && code.startsWith('E') ? code : undefined;
}
