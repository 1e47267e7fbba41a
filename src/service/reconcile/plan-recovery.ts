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
  /** Absent: the store knows of no run. */
  run: { isOfThisBoot: boolean; isGone: boolean } | undefined;
}

export type Repair = { action: 'clear'; id: InstanceId } | { action: 'start'; id: InstanceId };

/**
 * What to do so that the host matches the store. Pure. What is gone is cleared first; after a boot of the host
 * autostart decides what starts, else (the daemon alone was away) autorestart does.
 */
export function planRecovery(found: readonly Found[], hasHostBooted: boolean): Repair[] {
  const gone = found.filter(({ run }) => run?.isGone);
  const clears = gone.map(({ id }): Repair => ({ action: 'clear', id }));
  const starts = found
    .filter((instance) => instance.run === undefined || instance.run.isGone)
    .filter((instance) => shouldStart(instance, hasHostBooted))
    .sort((a, b) => b.priority - a.priority)
    .map(({ id }): Repair => ({ action: 'start', id }));
  return [...clears, ...starts];
}

function shouldStart({ wants, autostart, autorestart, run }: Found, hasHostBooted: boolean): boolean {
  if (hasHostBooted) return autostart ?? wants === 'running';
  return run !== undefined && run.isOfThisBoot && wants === 'running' && autorestart;
}
