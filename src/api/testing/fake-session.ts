import { PassThrough } from 'node:stream';
import { Fault } from '#model/fault.ts';
import type { Session } from '../services.ts';

export interface FakeSession {
  session: Session;
  /** The program's ends of its streams. */
  stdin: PassThrough;
  stdout: PassThrough;
  stderr: PassThrough;
  /** What it was told through `control`. */
  told: ({ signal: number } | { columns: number; rows: number })[];
  exit(status: number): void;
}

/** A program that does what the test does. It ends by `exit`, by SIGKILL, or when `signal` aborts. */
export function fakeSession(isTerminal = false, signal?: AbortSignal): FakeSession {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const told: FakeSession['told'] = [];
  let end: (status: number) => void = () => {};
  const exited = new Promise<number>((resolve, reject) => {
    end = resolve;
    signal?.addEventListener('abort', () => {
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
      reject(new Fault('cancelled', 'Cancelled'));
    });
  });
  const exit = (status: number): void => {
    stdout.end();
    stderr.end();
    end(status);
  };
  const session: Session = {
    stdin,
    stdout,
    stderr: isTerminal ? undefined : stderr,
    resize: (size) => void told.push(size),
    signal: (signal) => {
      told.push({ signal });
      if (signal === 9) exit(137);
    },
    exited,
  };
  return { session, stdin, stdout, stderr, told, exit };
}
