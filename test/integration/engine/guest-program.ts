import { text } from 'node:stream/consumers';
import type { Engine, ExecRequest } from '#engine/engine.ts';
import type { InstanceId } from '#model/instance.ts';

export const never = new AbortController().signal;

export const request = (command: string[], more: Partial<ExecRequest> = {}): ExecRequest => ({
  command,
  environment: {},
  user: 0,
  group: 0,
  cwd: undefined,
  terminal: undefined,
  ...more,
});

/** Runs a shell script inside to its end; `stdout` without the blank at its end. */
export async function inside(
  engine: Engine,
  id: InstanceId,
  script: string,
  more: Partial<ExecRequest> = {},
) {
  const session = await engine.exec(id, request(['sh', '-c', script], more), never);
  session.stdin.end();
  const [stdout, stderr, status] = await Promise.all([
    text(session.stdout),
    session.stderr ? text(session.stderr) : '',
    session.exited,
  ]);
  return { stdout: stdout.trimEnd(), stderr, status };
}
