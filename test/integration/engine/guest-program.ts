import type { Engine, ExecRequest } from '#engine/engine.ts';
import { execRequest, runInside } from '#engine/test-exec.ts';
import type { InstanceId } from '#model/instance.ts';

export const never = new AbortController().signal;

/** Runs a shell script inside to its end; `stdout` without the blank at its end. */
export async function inside(
  engine: Engine,
  id: InstanceId,
  script: string,
  more: Partial<ExecRequest> = {},
) {
  const { stdout, ...rest } = await runInside(engine, id, execRequest(['sh', '-c', script], more));
  return { stdout: stdout.trimEnd(), ...rest };
}
