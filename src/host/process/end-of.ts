import type { ProgramExit, SpawnedProgram } from './programs.ts';

const politeMs = 1_000; // between SIGTERM and SIGKILL

/**
 * Waits for the end of a program; brings it about, for the whole session's first group, when `timeoutMs` are over (0:
 * never) or the signal aborts.
 */
export async function endOf(
  { pid, exited }: SpawnedProgram,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<{ exit: ProgramExit; isLate: boolean }> {
  let isLate = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    signalGroup(pid, 'SIGTERM');
    timers.push(setTimeout(() => signalGroup(pid, 'SIGKILL'), politeMs));
  };
  if (timeoutMs > 0) {
    timers.push(
      setTimeout(() => {
        isLate = true;
        end();
      }, timeoutMs),
    );
  }
  signal?.addEventListener('abort', end, { once: true });
  try {
    return { exit: await exited, isLate };
  } finally {
    signal?.removeEventListener('abort', end);
    for (const timer of timers) clearTimeout(timer);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // it ended by itself
  }
}
