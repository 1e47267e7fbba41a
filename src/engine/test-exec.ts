import { text } from 'node:stream/consumers';
import type { Engine, ExecRequest } from './engine.ts';
import type { InstanceId } from '#model/instance.ts';

/** A request for tests: by root, without a terminal. */
export const execRequest = (command: string[], more: Partial<ExecRequest> = {}): ExecRequest => ({
  command,
  environment: {},
  user: 0,
  group: 0,
  cwd: undefined,
  terminal: undefined,
  ...more,
});

/** For tests: runs a program inside to its end, each with a signal of its own, as those of different callers. */
export async function runInside(
  engine: Engine,
  id: InstanceId,
  request: ExecRequest,
  input: string | Buffer = '',
): Promise<{ stdout: string; stderr: string; status: number }> {
  const session = await engine.exec(id, request, new AbortController().signal);
  session.stdin.end(input);
  const [stdout, stderr, status] = await Promise.all([
    text(session.stdout),
    session.stderr ? text(session.stderr) : '',
    session.exited,
  ]);
  return { stdout, stderr, status };
}
