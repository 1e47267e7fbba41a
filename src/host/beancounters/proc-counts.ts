import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readProc } from '../process/proc.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { inIpcNamespace } from '../sys/namespaces.ts';
import type { BeancounterReading, CountedPlace } from './beancounters.ts';

/**
 * What an instance holds, as /proc tells it. A process that ends meanwhile counts for nothing. These are a walk over
 * its processes and their descriptors, so they are for whoever asks, not for every second.
 */
export function readProcCounts(place: CountedPlace): BeancounterReading {
  const { pid, processes, ids } = place;
  const statuses = processes.flatMap((each) => readProc(each, 'status') ?? []);
  const descriptors = processes.flatMap(descriptorsOf);
  return {
    unix_sockets: { held: linesOf(readProc(pid, 'net/unix')).length - 1 },
    files: { held: descriptors.length },
    file_locks: { held: countLocks(readFileSync('/proc/locks', 'utf8'), new Set(processes)) },
    terminals: { held: new Set(descriptors.filter((target) => /^\/dev\/pts\/\d+$/.test(target))).size },
    pending_signals: { held: countSignals(statuses) },
    shared_memory: { held: sharedMemoryOf(pid) },
    locked_memory: { held: sumOf(statuses.map((status) => 1024 * numberIn(status, /^VmLck:\s+(\d+)/m))) },
    inotify_instances: { held: descriptors.filter((target) => target === 'anon_inode:inotify').length },
    ...(ids && { keys: { held: countKeys(readFileSync('/proc/key-users', 'utf8'), ids) } }),
    mounts: { held: linesOf(readProc(pid, 'mountinfo')).length },
  };
}

const linesOf = (text = ''): string[] => text.split('\n').filter(Boolean);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);

/** What each open descriptor leads to, as the kernel knows it: no path is walked, since a guest may let one hang. */
function descriptorsOf(pid: number): string[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/fd`), []).flatMap((fd) =>
    unlessGone(() => [targetOf(pid, fd)], []),
  );
}

/** The side of a terminal that is the same file for all of them leads to the other side, which has its number. */
function targetOf(pid: number, fd: string): string {
  const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
  if (!target.endsWith('/ptmx')) return target;
  const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
  return `/dev/pts/${numberIn(info, /^tty-index:\s+(\d+)/m)}`;
}

/** Locks that are held, by the process that took them; lines with an arrow are of processes that wait. */
export const countLocks = (text: string, processes: ReadonlySet<number>): number =>
  linesOf(text).filter((line) => {
    const [, kind, , , pid] = line.split(/\s+/);
    return kind !== '->' && processes.has(Number(pid));
  }).length;

/** The kernel counts signals that wait by user, and tells each process how many its user's are. */
export function countSignals(statuses: readonly string[]): number {
  const byUser = new Map(
    statuses.map((status) => [numberIn(status, /^Uid:\s+(\d+)/m), numberIn(status, /^SigQ:\s+(\d+)/m)]),
  );
  return sumOf([...byUser.values()]);
}

/** Bytes of the segments in the IPC namespace of a process. */
function sharedMemoryOf(pid: number): number {
  return unlessGone(
    () =>
      inIpcNamespace(`/proc/${pid}/ns/ipc`, () => sizeOfSegments(readFileSync('/proc/sysvipc/shm', 'utf8'))),
    0,
  );
}

/** From the table of segments, whose fourth column is the size. */
export const sizeOfSegments = (text: string): number =>
  sumOf(
    linesOf(text)
      .slice(1)
      .map((line) => Number(line.trim().split(/\s+/)[3])),
  );

/** From lines such as `1000000:  5 5/5 5/200 81/20000`: keys of these users that count against their quota. */
export const countKeys = (text: string, { base, size }: { base: number; size: number }): number =>
  sumOf(
    linesOf(text).map((line) => {
      const [, user, keys] = /^\s*(\d+):\s+\d+ \S+ (\d+)\//.exec(line) ?? [];
      return Number(user) >= base && Number(user) < base + size ? Number(keys) : 0;
    }),
  );

function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return otherwise;
    throw error;
  }
}
