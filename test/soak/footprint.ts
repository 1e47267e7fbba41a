import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '../harness/host.ts';
import { memoryFile, memorySignal } from '../harness/memory.ts';
import type { MortalHost } from '../harness/mortal-host.ts';

/** What an idle daemon without instances holds. */
export interface Footprint {
  /** How many descriptors of each kind, how many threads, mounts, and files in the folders that last. */
  counts: Record<string, number>;
  heapBytes: number;
  residentBytes: number;
  storeBytes: number;
}

/** Once all that is kept for a while after its end has been forgotten. */
export async function footprintOf(host: MortalHost): Promise<Footprint> {
  await eventually(() => requireForgotten(host), 120_000);
  const { heapUsed, external, rss } = await memoryOf(host);
  return {
    counts: await countsOf(host),
    heapBytes: heapUsed + external,
    residentBytes: rss,
    storeBytes: bytesBelow(path.join(host.directory, 'store')),
  };
}

/** What may be counted otherwise for a moment is looked at again for a while. */
export async function requireSameCounts(host: MortalHost, before: Footprint): Promise<void> {
  await eventually(async () => assert.deepEqual(await countsOf(host), before.counts), 60_000);
}

async function requireForgotten(host: MortalHost): Promise<void> {
  const byStatus = await host.client.read('/1.0/operations');
  assert.deepEqual(Object.values(byStatus).flat(), []);
}

async function memoryOf(host: MortalHost): Promise<NodeJS.MemoryUsage> {
  const file = path.join(host.directory, memoryFile);
  rmSync(file, { force: true });
  process.kill(host.daemonPid, memorySignal);
  return eventually(async () => JSON.parse(readFileSync(file, 'utf8')) as NodeJS.MemoryUsage);
}

async function countsOf({ client, daemonPid, directory, mark }: MortalHost): Promise<Record<string, number>> {
  await client.read('/1.0'); // by one connection that is there every time
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  for (const kind of descriptorsOf(daemonPid)) count(`descriptor ${kind}`);
  counts['mounts'] = readFileSync(`/proc/${daemonPid}/mountinfo`, 'utf8').split('\n').length;
  counts['files for this boot'] = filesBelow(`/run/wadah/${mark}`).length;
  counts['files in the pool'] = filesBelow(path.join(directory, 'pool')).length;
  return counts;
}

function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return readlinkSync(path.join(folder, fd)).replaceAll(/\d+/g, '#');
    } catch {
      return []; // closed meanwhile
    }
  });
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file));

const bytesBelow = (folder: string): number =>
  filesBelow(folder).reduce((sum, file) => sum + statSync(file).size, 0);

/** What a call may leave: names of instances in tables of statistics, and the like. A document would be more. */
const heapBytesPerAnswer = 500;
/** What the collector leaves more at one time than at another. */
const unsteadyBytes = 4 * 2 ** 20;
/** What malloc keeps of a busy time. */
const residentSlackBytes = 64 * 2 ** 20;

/** Throws when more is held than the answers in between can explain. */
export function requireNoGrowth(before: Footprint, after: Footprint, answers: number): void {
  const heapBytes = after.heapBytes - before.heapBytes;
  assert.ok(heapBytes < unsteadyBytes + answers * heapBytesPerAnswer, `the heap grew by ${heapBytes}`);
  const residentBytes = after.residentBytes - before.residentBytes;
  assert.ok(residentBytes < residentSlackBytes, `the daemon grew by ${residentBytes}`);
}

/** For people. */
export function growth(before: Footprint, after: Footprint): string {
  const of = (key: 'heapBytes' | 'residentBytes' | 'storeBytes'): string =>
    `${Math.round(before[key] / 1024)} → ${Math.round(after[key] / 1024)} KiB`;
  return `heap ${of('heapBytes')}, resident ${of('residentBytes')}, stores ${of('storeBytes')}`;
}
