import type { Snapshot } from './snapshot-files.ts';

const newest = 6;
const hours = 24;
const days = 7;
const hourMs = 3_600_000;

/**
 * Which snapshots to give up: all but the newest few, the last of each hour of a day, and the last of each day of a
 * week. Pure. Counts hours and days in which there is one, not the time until now, so that no clock that jumps makes
 * them go. `snapshots`: the newest first.
 */
export function planThinning(snapshots: readonly Snapshot[]): Snapshot[] {
  const kept = new Set([
    ...snapshots.slice(0, newest),
    ...lastOfEach(snapshots, hourMs, hours),
    ...lastOfEach(snapshots, 24 * hourMs, days),
  ]);
  return snapshots.filter((snapshot) => !kept.has(snapshot));
}

function lastOfEach(snapshots: readonly Snapshot[], spanMs: number, count: number): Snapshot[] {
  const bySpan = new Map<number, Snapshot>();
  for (const snapshot of snapshots) {
    const span = Math.floor(snapshot.takenAt / spanMs);
    if (!bySpan.has(span)) bySpan.set(span, snapshot);
  }
  return [...bySpan.values()].slice(0, count);
}
