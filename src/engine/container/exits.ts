import type { Exit, RunHandle } from '../engine.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { exitOf } from '#host/process/children.ts';
import type { ProgramExit } from '#host/process/programs.ts';
import type { Reboots } from '#host/reboots/reboots.ts';
import { whenGroupEnds } from '../group-end.ts';

/** How an init that is a child of this daemon ends. Only its parent learns that it asked for a reboot. */
export async function exitOfChild(pid: number): Promise<Exit> {
  return decodeExit(await exitOf(pid));
}

/**
 * That an init ends which an earlier daemon started is seen from its groups, which become empty. The kernel tells
 * nobody but its parent why; not even to those who hold a descriptor of it: for reboot(2) they see a status of 0. What
 * a program of ours has noted in the kernel says it, where there is one.
 */
export function exitOfAdopted(
  { cgroups, reboots }: { cgroups: Cgroups; reboots: Pick<Reboots, 'find'> },
  id: string,
  handle: RunHandle,
): { exited: Promise<Exit>; unwatch(): void } {
  const { ended, unwatch } = whenGroupEnds(cgroups, id);
  return { exited: ended.then(() => notedExit(reboots, handle)), unwatch };
}

/** How an init has ended that was no child of this daemon. */
export const notedExit = (reboots: Pick<Reboots, 'find'>, handle: RunHandle): Exit =>
  decodeExit({ code: null, signal: reboots.find(handle) ?? null });

/**
 * In a pid namespace reboot(2) ends init as if by a signal: SIGHUP for a reboot, SIGINT for a power-off. Plain
 * inits just return.
 */
export function decodeExit({ code, signal }: ProgramExit): Exit {
  if (signal === 'SIGHUP') return { reason: 'reboot', detail: 'It asked for a reboot' };
  if (signal === 'SIGINT') return { reason: 'power-off', detail: 'It powered off' };
  if (signal !== null) return { reason: 'crashed', detail: `Its init was killed by ${signal}` };
  if (code === 0) return { reason: 'power-off', detail: 'Its init ended' };
  if (code !== null) return { reason: 'crashed', detail: `Its init ended with status ${code}` };
  return { reason: 'unknown', detail: 'It ended; another daemon had started it' };
}
