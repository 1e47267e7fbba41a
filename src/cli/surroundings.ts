import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  hasColors?(count?: number): boolean;
};

export type InputStream = Readable & { isTTY?: boolean };

/** Everything of the process that the command line touches. Tests make their own. */
export interface Surroundings {
  /** Without the interpreter and the script. */
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  /** Where SIGINT, SIGWINCH and the like are heard. */
  signals: Pick<EventEmitter, 'on' | 'off'>;
  /** Lets every key of the terminal that standard input is go through unread, or puts it back. */
  setRawMode(isRaw: boolean): Promise<void>;
  /** Path of the KVM engine's program, kvm-engine.mjs. */
  kvmEngine: string;
  /** Path of the doctor's program, doctor.mjs. */
  doctor: string;
  /** Ends the process at once. */
  exit(status: number): void;
}
