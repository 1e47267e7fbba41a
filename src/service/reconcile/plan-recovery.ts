import type { Exit } from '#engine/engine.ts';
import type { InstanceId } from '#model/instance.ts';

/** What the store and the host say of one instance when the daemon comes back. */
export interface Found {
  id: InstanceId;
  /** What its owner wants. */
  wants: 'running' | 'stopped';
  /** `boot.autostart`; unset: as it was. */
  autostart: boolean | undefined;
  autorestart: boolean;
  /** Higher starts first. */
  priority: number;
  /** It is to be deleted at its end, and has run. */
  isSpent: boolean;
  /** Absent: the store knows of no run. `ended`: why, of one that is gone. */
  run: { isOfThisBoot: boolean; isGone: boolean; ended?: Exit['reason'] } | undefined;
}

/** `restart`: clears away its run, and starts it again, in one. */
export interface Repair {
  action: 'clear' | 'delete' | 'start' | 'restart';
  id: InstanceId;
}

/**
 * What to do so that the host matches the store. Pure. What is gone is cleared first; after a boot of the host
 * autostart decides what starts. Else (the daemon alone was away) what asked for a reboot does, what powered off
 * does not, and of the rest autorestart decides. What was to live until its end, and has ended, is deleted.
 */
export function planRecovery(found: readonly Found[], hasHostBooted: boolean): Repair[] {
  const atRest = found.filter(({ run }) => run === undefined || run.isGone);
  const starting = atRest.filter((instance) => shouldStart(instance, hasHostBooted));
  const restarting = starting.filter(({ run }) => run?.isOfThisBoot);
  const clears = atRest
    .filter((instance) => instance.run && !restarting.includes(instance))
    .map(({ id }): Repair => ({ action: 'clear', id }));
  const deletes = atRest
    .filter((instance) => instance.isSpent && !starting.includes(instance))
    .map(({ id }): Repair => ({ action: 'delete', id }));
  const starts = starting
    .sort((a, b) => b.priority - a.priority)
    .map((instance): Repair => {
      return { action: restarting.includes(instance) ? 'restart' : 'start', id: instance.id };
    });
  return [...clears, ...deletes, ...starts];
}

function shouldStart(
  { wants, autostart, autorestart, run, isSpent }: Found,
  hasHostBooted: boolean,
): boolean {
  if (hasHostBooted) return !isSpent && (autostart ?? wants === 'running');
  if (!run?.isOfThisBoot || wants !== 'running' || run.ended === 'power-off') return false;
  return autorestart || run.ended === 'reboot';
}
