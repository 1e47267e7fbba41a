import { readFileSync } from 'node:fs';
import { systemErrorCode } from '../sys/libc.ts';

/** Identity of this boot; a pid says nothing after a reboot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** When a process started, in clock ticks since boot (field 22 of its stat); `undefined` when it is gone or a zombie. */
export function startTimeOf(pid: number): string | undefined {
  const [state, ...fields] = statOf(pid);
  return state === undefined || state === 'Z' || state === 'X' ? undefined : fields[18];
}

/** Whether that very process still runs, not another with its number. */
export function isAlive(pid: number, startTime: string): boolean {
  return startTimeOf(pid) === startTime;
}

/** `undefined` when it is gone. */
export function parentOf(pid: number): number | undefined {
  const [, parent] = statOf(pid);
  return parent === undefined ? undefined : Number(parent);
}

/** The fields of its stat, from the third on, the state. */
function statOf(pid: number): string[] {
  const stat = readProc(pid, 'stat');
  // The program's name is in parentheses and may hold spaces and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
}

/** Text of /proc/PID/name; `undefined` when the process is gone. */
export function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
