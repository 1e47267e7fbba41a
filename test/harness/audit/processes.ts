import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '#host/process/proc.ts';
import { hierarchies } from '../hierarchies.ts';
import type { TestHost } from '../host.ts';
import type { Documents } from './documents.ts';

/** What programs of the daemon live in, besides instances. */
const servants = ['dnsmasq', 'lxcfs', 'proxy'];
/** Of programs that come and go: none of them stays. */
const ownLeaf = 'daemon';

/** Groups that bear the daemon's mark with what runs in them, and programs of the daemon that run elsewhere. */
export function observedProcesses(host: TestHost, { runs }: Documents): string[] {
  const group = `wadah_${host.mark}`;
  return [...v2Groups(group), ...v1Groups(group), ...inits(runs), ...strays(host, group)];
}

/** The process by which each run is known, as long as it lives. */
function inits(runs: Documents['runs']): string[] {
  return [...runs].flatMap(([id, { handle }]) =>
    handle && isAlive(handle.pid, handle.startTime) ? [`process ${handle.pid} of ${id}`] : [],
  );
}

/** The home of a program that the daemon leaves running. */
export const v2GroupOf = ({ mark }: TestHost, name: string): string => join(v2Root(`wadah_${mark}`), name);

/** Where hybrid hosts have cgroup v2, or where all others have it. */
const v2Root = (group: string): string =>
  [`${hierarchies()}/unified/${group}`, `${hierarchies()}/${group}`].find(existsSync) ?? '';

function v2Groups(group: string): string[] {
  const root = v2Root(group);
  return foldersIn(root).flatMap((name) => {
    if (servants.includes(name)) return isPopulated(join(root, name)) ? [`program ${name}`] : [];
    return name === ownLeaf ? [] : [`v2 group ${name}`];
  });
}

function v1Groups(group: string): string[] {
  const names = foldersIn(hierarchies()).filter((name) => name !== 'unified');
  const ids = names.flatMap((name) => foldersIn(join(hierarchies(), name, group)));
  return [...new Set(ids)].map((id) => `v2 group ${id}`); // a v1 group without its v2 group belongs to nobody
}

/** Programs inherit the daemon's environment; dead children have none, but a parent. */
function strays({ directory, daemonPid }: TestHost, group: string): string[] {
  const mine = `WADAH_DIR=${directory}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== daemonPid)
    .filter(
      (pid) => isDeadChild(pid, daemonPid) || (isOf(pid, mine) && !isAtHome(read(pid, 'cgroup'), group)),
    )
    .map((pid) => `process ${pid} ${read(pid, 'cmdline').replaceAll('\0', ' ').trim() || '(dead)'}`);
}

const isOf = (pid: string, variable: string): boolean => read(pid, 'environ').split('\0').includes(variable);

function isDeadChild(pid: string, parent: number): boolean {
  const stat = read(pid, 'stat');
  const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' && Number(ppid) === parent;
}

/** In the group of a servant or of an instance; those are accounted for by their groups. */
function isAtHome(groups: string, group: string): boolean {
  const leaf = new RegExp(`^0::.*/${group}/([^/\n]+)`, 'm').exec(groups)?.[1] ?? '';
  return servants.includes(leaf) || /^[0-9a-f]{8}$/.test(leaf);
}

const isPopulated = (folder: string): boolean => pidsBelow(folder).length > 0;

function pidsBelow(folder: string): number[] {
  const own = readIfThere(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
  return [...own, ...foldersIn(folder).flatMap((name) => pidsBelow(join(folder, name)))].sort(
    (a, b) => a - b,
  );
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

const read = (pid: string, name: string): string => readIfThere(`/proc/${pid}/${name}`);

/** Nothing, for what has gone meanwhile. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
