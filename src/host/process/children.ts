import { constants } from 'node:os';
import { reap } from '../sys/processes.ts';
import type { ProgramExit } from './programs.ts';

const waiting = new Map<number, (exit: ProgramExit) => void>();
const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** How a child ends that `spawnProcess` started, or that became ours when its parent ended. */
export function exitOf(pid: number): Promise<ProgramExit> {
  // Node's own children are reaped by libuv, each by its pid, so the two do not meet.
  if (process.listenerCount('SIGCHLD', reapAll) === 0) process.on('SIGCHLD', reapAll);
  // Whoever hears of a child late has missed its signal.
  setImmediate(() => ask(pid));
  return new Promise((resolve) => waiting.set(pid, resolve));
}

// Signals of several children may arrive as one, hence all are asked.
function reapAll(): void {
  for (const pid of waiting.keys()) ask(pid);
}

function ask(pid: number): void {
  const tell = waiting.get(pid);
  const reaped = tell ? reap(pid) : 'running';
  if (reaped === 'running') return;
  waiting.delete(pid);
  tell?.(asExit(reaped));
}

function asExit(reaped: Exclude<ReturnType<typeof reap>, 'running'>): ProgramExit {
  if (reaped === 'not-a-child') return { code: null, signal: null };
  if ('exitCode' in reaped) return { code: reaped.exitCode, signal: null };
  return { code: null, signal: signalNames.get(reaped.signal) ?? 'SIGKILL' };
}
