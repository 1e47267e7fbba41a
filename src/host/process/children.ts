import { constants } from 'node:os';
import { reap } from '../sys/processes.ts';
import type { ProgramExit } from './programs.ts';

const waiting = new Map<number, (exit: ProgramExit) => void>();
const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** How a child that `spawnProcess` started ends. Call it in the turn that started the child. */
export function exitOf(pid: number): Promise<ProgramExit> {
  // Node's own children are reaped by libuv, each by its pid, so the two do not meet.
  if (process.listenerCount('SIGCHLD', reapAll) === 0) process.on('SIGCHLD', reapAll);
  return new Promise((resolve) => waiting.set(pid, resolve));
}

// Signals of several children may arrive as one, hence all are asked.
function reapAll(): void {
  for (const [pid, tell] of waiting) {
    const reaped = reap(pid);
    if (reaped === 'running') continue;
    waiting.delete(pid);
    tell(asExit(reaped));
  }
}

function asExit(reaped: Exclude<ReturnType<typeof reap>, 'running'>): ProgramExit {
  if (reaped === 'not-a-child') return { code: null, signal: null };
  if ('exitCode' in reaped) return { code: reaped.exitCode, signal: null };
  return { code: null, signal: signalNames.get(reaped.signal) ?? 'SIGKILL' };
}
