import type { Instance } from '#model/instance.ts';

/** A running instance, and how its owner wants it stopped when the host goes down. */
export interface Stoppable {
  instance: Instance;
  /** `boot.stop.priority`: higher stops first. */
  priority: number;
  /** From `boot.host_shutdown_timeout`, in milliseconds; 0 kills at once. */
  graceMs: number;
}

/** Who stops after whom: groups of one priority each, whose members stop side by side. Pure. */
export function planShutdown(running: readonly Stoppable[]): [Stoppable, ...Stoppable[]][] {
  const byPriority = new Map<number, [Stoppable, ...Stoppable[]]>();
  for (const each of running) {
    const group = byPriority.get(each.priority);
    if (group) group.push(each);
    else byPriority.set(each.priority, [each]);
  }
  return [...byPriority].sort(([a], [b]) => b - a).map(([, group]) => group);
}
