import type { Exit } from '#engine/engine.ts';
import type { Cgroups, GroupState } from '#host/cgroup/cgroups.ts';
import { exitOf } from '#host/process/children.ts';
import type { ProgramExit } from '#host/process/programs.ts';
import type { InitNotice } from './readiness.ts';

/** How an init that is a child of this daemon ends. Only its parent learns that it asked for a reboot. */
export async function exitOfChild(pid: number): Promise<Exit> {
  return decodeExit(await exitOf(pid));
}

/**
 * How an init ends that an earlier daemon started: that it ends is seen from its groups, which become empty, and why
 * only from what it said last.
 */
export function exitOfAdopted(
  cgroups: Cgroups,
  id: string,
  said: () => InitNotice | undefined,
): { exited: Promise<Exit>; unwatch(): void } {
  let unwatch = (): void => {};
  const empty = new Promise<void>((resolve) => {
    const look = ({ isPopulated }: GroupState): void => {
      if (!isPopulated) resolve();
    };
    const watch = cgroups.watch(id, look);
    unwatch = () => watch.stop();
    look(cgroups.state(id));
  });
  return { exited: empty.then(() => unknownExit(said())), unwatch };
}

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
  return unknownExit(undefined);
}

/** The best guess for an init that is nobody's child here: what it said last. */
export function unknownExit(said: InitNotice | undefined): Exit {
  if (said === 'rebooting') return { reason: 'reboot', detail: 'It said that it reboots' };
  if (said === 'powering-off') return { reason: 'power-off', detail: 'It said that it powers off' };
  return { reason: 'unknown', detail: 'It ended; another daemon had started it' };
}
