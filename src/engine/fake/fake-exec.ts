import { PassThrough } from 'node:stream';
import { Fault } from '#model/fault.ts';
import type { ExecRequest, ExecSession } from '../engine.ts';

/**
 * Plays a program: `sleep` waits for a signal, `sh -c "exit 7"` exits with 7, `/missing` is not there, and
 * everything else gives its input back. Throws `not-found`.
 */
export function fakeExec({ command, terminal }: ExecRequest, signal: AbortSignal): ExecSession {
  const [name = '', , script = ''] = command;
  if (name === '/missing') throw new Fault('not-found', `There is no program "${name}" inside`);
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  let status = Number(/^exit (\d+)$/.exec(script)?.[1] ?? 0);
  if (name === 'sleep') stdin.resume();
  else if (name === 'sh') stdout.end();
  else stdin.pipe(stdout);
  const exited = new Promise<number>((resolve) => {
    stdout.once('end', () => resolve(status));
    signal.addEventListener('abort', () => {
      stdout.destroy();
      resolve(128 + 9);
    });
  });
  return {
    stdin,
    stdout,
    stderr: terminal ? undefined : new PassThrough().end(),
    resize() {},
    signal(number) {
      status = 128 + number;
      stdout.end();
    },
    exited,
  };
}
