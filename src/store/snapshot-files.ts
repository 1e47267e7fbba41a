import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

// WADAH_DIR/store/snapshots/NUMBER-TIME/{shared,node}.mdb. The number orders them: a clock may be set back.

export const storeNames = ['shared', 'node'] as const;
export type StoreName = (typeof storeNames)[number];

/** One copy of both stores, each a whole database file that can tell by itself whether it is damaged. */
export interface Snapshot {
  /** Such as `12-20260101T120000Z`. */
  name: string;
  /** Later ones have higher numbers. */
  number: number;
  /** Milliseconds since the epoch, by the clock of that moment. */
  takenAt: number;
}

export const storeFolder = (stateDir: string, name: StoreName): string => join(stateDir, 'store', name);
export const snapshotsFolder = (stateDir: string): string => join(stateDir, 'store', 'snapshots');

export function snapshotFile(stateDir: string, { name }: Snapshot, store: StoreName): string {
  return join(snapshotsFolder(stateDir), name, `${store}.mdb`);
}

export function snapshotName(number: number, takenAt: number): string {
  return `${number}-${new Date(takenAt).toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

/** The newest first. */
export async function listSnapshots(stateDir: string): Promise<Snapshot[]> {
  const names = await readdir(snapshotsFolder(stateDir)).catch(() => []);
  return names.flatMap(parseName).sort((a, b) => b.number - a.number);
}

export async function snapshotBytes(stateDir: string, snapshot: Snapshot): Promise<number> {
  const files = storeNames.map((store) => stat(snapshotFile(stateDir, snapshot, store)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
}

export async function removeSnapshot(stateDir: string, { name }: Snapshot): Promise<void> {
  await rm(join(snapshotsFolder(stateDir), name), { recursive: true, force: true });
}

const nameRule = /^(\d+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function parseName(name: string): Snapshot[] {
  const [, number, ...time] = nameRule.exec(name) ?? [];
  if (number === undefined) return [];
  const [year = 0, month = 1, day, hour, minute, second] = time.map(Number);
  return [{ name, number: Number(number), takenAt: Date.UTC(year, month - 1, day, hour, minute, second) }];
}
