import { check, lastErrorCode, libcFunction, systemCall } from './libc.ts';

const prctl = libcFunction('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
const waitpid = libcFunction('waitpid', 'int', ['int', 'void*', 'int']);
const pidfdOpen = systemCall(434, ['int', 'uint']);
const pidfdSendSignal = systemCall(424, ['int', 'int', 'void*', 'uint']);

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/** Orphans below this process become its children, so that `reap` learns how they ended. */
export function becomeSubreaper(): void {
  check('prctl', 'PR_SET_CHILD_SUBREAPER', prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/** What became of a process: still there, not a child of ours (any more), or ended in one of two ways. */
export type Reaped = 'running' | 'not-a-child' | { exitCode: number } | { signal: number };

/** Takes the wait status of one child, without waiting. Never for children that Node started: it reaps those. */
export function reap(pid: number): Reaped {
  if (pid <= 0) throw new Error(`reap(${pid}) would take the status of another child`);
  const status = Buffer.alloc(4);
  const result = waitpid(pid, status, WNOHANG);
  if (result === 0) return 'running';
  if (result < 0 && lastErrorCode() === 'ECHILD') return 'not-a-child';
  check('waitpid', String(pid), result);
  return decodeWaitStatus(status.readInt32LE());
}

function decodeWaitStatus(status: number): { exitCode: number } | { signal: number } {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
}

/** A descriptor that means this process and never a later one of the same pid. Closed on exec. */
export function openPidfd(pid: number): number {
  return check('pidfd_open', String(pid), pidfdOpen(pid, 0));
}

/** Whether the signal was delivered; `false` when the process has ended. */
export function signalPidfd(pidfd: number, signal: number): boolean {
  const result = pidfdSendSignal(pidfd, signal, null, 0);
  if (result < 0 && lastErrorCode() === 'ESRCH') return false;
  check('pidfd_send_signal', `signal ${signal}`, result);
  return true;
}
