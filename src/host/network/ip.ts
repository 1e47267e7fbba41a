import type { Programs } from '../process/programs.ts';

/** What `ip -json` answers; an empty list when the link that `args` names is not there. */
export async function ipJson<T>(programs: Programs, args: readonly string[], purpose: string): Promise<T[]> {
  const { stdout, exitCode } = await programs.run(['ip', '-json', ...args], { purpose, okExits: [1] });
  if (exitCode !== 0 || stdout.trim() === '') return [];
  return JSON.parse(stdout) as T[];
}

/** Runs `ip` once for all of the lines, which stops at the first that fails. No lines: starts nothing. */
export async function ipBatch(programs: Programs, lines: readonly string[], purpose: string): Promise<void> {
  if (lines.length === 0) return;
  await programs.run(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n`, purpose });
}
