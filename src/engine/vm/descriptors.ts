import { closeSync, openSync } from 'node:fs';
import { systemErrorCode } from '#host/sys/libc.ts';
import { Fault } from '#model/fault.ts';

const firstNumber = 3; // after standard input, output and error

/** Descriptors that a program inherits besides its standard ones, numbered in the order in which they are given. */
export class Descriptors implements Disposable {
  readonly #ours: number[] = [];

  /** Takes over a descriptor of ours; returns its number in the program. */
  give(descriptor: number): number {
    this.#ours.push(descriptor);
    return firstNumber + this.#ours.length - 1;
  }

  /** Opens a file for the program, which need not be able to reach it by itself. `what` is it, in error texts. */
  open(path: string, flags: 'r' | 'r+' | 'a', what: string): number {
    try {
      return this.give(openSync(path, flags));
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      throw new Fault('not-found', `${what} is missing: there is no ${path}`, { cause: error });
    }
  }

  list(): readonly number[] {
    return this.#ours;
  }

  /** Closes our copies. */
  [Symbol.dispose](): void {
    for (const descriptor of this.#ours.splice(0)) closeSync(descriptor);
  }
}
