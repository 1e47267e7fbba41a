import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { becomeSubreaper, reap } from '../sys/processes.ts';
import { parentOf, readProc } from './proc.ts';
import type { ProgramExit } from './programs.ts';

const waiting = new Map<number, (exit: ProgramExit) => void>();
const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** How a child ends that `spawnProcess` started, or that becomes ours when its parent ends. */
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

/**
 * From now on whatever programs of ours leave behind becomes our child, and is buried. Only for a process whose
 * children are all started by `spawnProcess`: of those that Node starts, it would never hear again.
 */
export function adoptOrphans(): void {
  becomeSubreaper();
  process.on('SIGCHLD', buryStrangers);
}

/** In the group of an instance: its engine waits for those, and may not know them yet. */
const isOfInstance = /^0::.*\/wadah_[0-9a-f]{4}\/[0-9a-f]{8}(?:\/|$)/m;

/** Such as the parents of programs that go into the background: nobody waits for them. */
function buryStrangers(): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  for (const pid of children.map(Number)) {
    if (pid > 0 && !waiting.has(pid) && isDead(pid) && !isOfInstance.test(readProc(pid, 'cgroup') ?? '')) {
      reap(pid);
    }
  }
}

const isDead = (pid: number): boolean => /^\d+ \(.*\) Z /s.test(readProc(pid, 'stat') ?? '');

function ask(pid: number): void {
  const tell = waiting.get(pid);
  const reaped = tell ? reap(pid) : 'running';
  if (reaped === 'running' || (reaped === 'not-a-child' && isBelowUs(pid))) return;
  waiting.delete(pid);
  tell?.(asExit(reaped));
}

/**
 * The child of one that is about to end, as crun leaves its helpers: it becomes ours as soon as that has ended, and its
 * end is told like that of any child.
 */
function isBelowUs(pid: number): boolean {
  for (let above = parentOf(pid); above !== undefined; above = parentOf(above)) {
    if (above === process.pid) return true;
  }
  return false;
}

function asExit(reaped: Exclude<ReturnType<typeof reap>, 'running'>): ProgramExit {
  if (reaped === 'not-a-child') return { code: null, signal: null };
  if ('exitCode' in reaped) return { code: reaped.exitCode, signal: null };
  return { code: null, signal: signalNames.get(reaped.signal) ?? 'SIGKILL' };
}
