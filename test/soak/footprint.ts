import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readDocuments } from '../harness/audit/documents.ts';
import { hierarchies } from '../harness/hierarchies.ts';
import { eventually } from '../harness/host.ts';
import { memoryFile, memorySignal } from '../harness/memory.ts';
import type { MortalHost } from '../harness/mortal-host.ts';

/** What an idle daemon without instances holds. */
export interface Footprint {
  /** How many of each kind of thing, in the daemon, on the host and in its folders. */
  counts: Record<string, number>;
  heapBytes: number;
  residentBytes: number;
  storeBytes: number;
  poolBytes: number;
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
    poolBytes: bytesBelow(path.join(host.directory, 'pool')),
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
  const { shared, node, nics } = readDocuments(directory);
  return {
    ...counts,
    threads: readdirSync(`/proc/${daemonPid}/task`).length,
    processes: processesOf(directory).length,
    cgroups: groupsOf(mark).length,
    mounts: readFileSync(`/proc/${daemonPid}/mountinfo`, 'utf8').split('\n').length,
    'files for this boot': filesBelow(`/run/wadah/${mark}`).length,
    'files in the pool': filesBelow(path.join(directory, 'pool')).length,
    records: shared.size + node.size,
    'reserved addresses': nics.length,
  };
}

/** All programs that the daemon started inherited its environment. */
const processesOf = (directory: string): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`WADAH_DIR=${directory}`);
    } catch {
      return false; // no process, gone meanwhile, or nobody's business
    }
  });

function groupsOf(mark: string): string[] {
  const roots = ['.', ...readdirSync(hierarchies())].map((name) =>
    path.join(hierarchies(), name, `wadah_${mark}`),
  );
  return roots.filter((root) => existsSync(root)).flatMap(foldersBelow);
}

const foldersBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name, parentPath }) => path.join(parentPath, name));

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
  filesBelow(folder).reduce((sum, file) => sum + statSync(file).blocks * blockBytes, 0);

/** Of `stat`, whatever the file system's own blocks are. */
const blockBytes = 512;

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

/** For people: what was before, and after. */
export function growth(before: Footprint, after: Footprint): string {
  const of = (key: 'heapBytes' | 'residentBytes' | 'storeBytes' | 'poolBytes'): string =>
    `${Math.round(before[key] / 1024)} → ${Math.round(after[key] / 1024)} KiB`;
  const [old, now] = [before, after].map(({ counts }) => summed(counts));
  const held = Object.keys(old ?? {}).map((what) => `${what} ${old?.[what]} → ${now?.[what]}`);
  return [
    `heap ${of('heapBytes')}, resident ${of('residentBytes')}, stores ${of('storeBytes')}, pool ${of('poolBytes')}`,
    held.join(', '),
  ].join('\n  ');
}

/** Descriptors of all kinds together. */
function summed(counts: Record<string, number>): Record<string, number> {
  const kinds = Object.keys(counts).filter((what) => what.startsWith('descriptor '));
  const descriptors = kinds.reduce((sum, what) => sum + (counts[what] ?? 0), 0);
  const others = Object.entries(counts).filter(([what]) => !kinds.includes(what));
  return { descriptors, ...Object.fromEntries(others) };
}
