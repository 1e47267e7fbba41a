import type { Counter } from '#model/counter.ts';
import type { CgroupFolders } from './cgroups.ts';
import { readBlkio, readIoStat, type TrafficByDisk } from './disk-traffic.ts';
import { groupsBelow, read, readKeyed } from './files.ts';
import { type MemoryUse, readMemoryUse } from './memory-use.ts';

/** What the kernel keeps of an instance's groups. */
export interface GroupCounters {
  counters: { memory?: Counter; swap?: Counter; processes?: Counter };
  processorTime: ProcessorTime;
  throttling: Throttling;
  pressure: Record<PressureKind, Pressure>;
  io: TrafficByDisk;
  /** Reads it now: the kernel has to add it up. */
  memoryUse(): MemoryUse;
}

/** Of all processors together. */
export interface ProcessorTime {
  userMicroseconds: number;
  systemMicroseconds: number;
}

/** How often, and for how long, it was not let at the processors because it had used up its time. */
export interface Throttling {
  periods: number;
  microseconds: number;
}

export const pressureKinds = ['cpu', 'memory', 'io'] as const;
export type PressureKind = (typeof pressureKinds)[number];

/** How long its processes had to wait: `some` for at least one of them, `full` for all at once. */
export interface Pressure {
  someMicroseconds: number;
  fullMicroseconds: number;
}

/** Limits of the kernel's files that mean none: its word for it, and page counters at their end. */
const noLimit = 2 ** 62;

/** Few files of the kernel's memory, read at once. A file that this kernel lacks makes its number absent. */
export function readGroupCounters({ group, v1 }: CgroupFolders): GroupCounters {
  const has = (controller: string): string => {
    const found = Object.entries(v1).find(([names]) => names.split(',').includes(controller));
    return found?.[1] ?? '';
  };
  const isV2 = Object.keys(v1).length === 0;
  return {
    counters: isV2 ? readV2(group) : readV1(has('memory'), has('pids')),
    processorTime: readProcessorTime(group),
    throttling: readThrottling(isV2 ? group : has('cpu')),
    pressure: readPressure(group),
    io: isV2 ? readIoStat(group) : readBlkio(has('blkio')),
    memoryUse: () => (isV2 ? readMemoryUse(group, 2) : readMemoryUse(has('memory'), 1)),
  };
}

function readV2(group: string): GroupCounters['counters'] {
  return {
    memory: {
      ...held(group, 'memory.current', 'memory.peak', 'memory.max'),
      ...named('barrier', amount(group, 'memory.high')),
      ...named('refusals', keyed(group, 'memory.events', 'oom_kill')),
    },
    swap: {
      ...held(group, 'memory.swap.current', 'memory.swap.peak', 'memory.swap.max'),
      ...named('refusals', keyed(group, 'memory.swap.events', 'max')),
    },
    processes: readProcesses(group),
  };
}

function readV1(memory: string, pids: string): GroupCounters['counters'] {
  // v1 knows swap only together with memory, and counts when that limit was met, not whether anything was refused.
  const swapOf = (what: string): number | undefined => {
    const [both, alone] = [amount(memory, `memory.memsw.${what}`), amount(memory, `memory.${what}`)];
    return both === undefined || alone === undefined ? undefined : Math.max(0, both - alone);
  };
  const swap = { ...named('held', swapOf('usage_in_bytes')), ...named('limit', swapOf('limit_in_bytes')) };
  return {
    memory: {
      ...held(memory, 'memory.usage_in_bytes', 'memory.max_usage_in_bytes', 'memory.limit_in_bytes'),
      ...named('barrier', amount(memory, 'memory.soft_limit_in_bytes')),
      ...named('refusals', keyed(memory, 'memory.oom_control', 'oom_kill')),
    },
    ...(Object.keys(swap).length > 0 && { swap }),
    processes: readProcesses(pids),
  };
}

const readProcesses = (folder: string): Counter => ({
  ...held(folder, 'pids.current', 'pids.peak', 'pids.max'),
  ...named('refusals', refusedForks(folder)),
});

/** v2 of Linux 6.11 counts them where the limit is, for all below; others count them where the process is. */
function refusedForks(folder: string): number | undefined {
  const own = keyed(folder, 'pids.events', 'max');
  if (own === undefined || read(folder, 'pids.events.local') !== undefined) return own;
  const below = groupsBelow(folder).map((group) => refusedForks(group) ?? 0);
  return below.reduce((sum, count) => sum + count, own);
}

function held(folder: string, current: string, peak: string, limit: string): Counter {
  return {
    ...named('held', amount(folder, current)),
    ...named('peak', amount(folder, peak)),
    ...named('limit', amount(folder, limit)),
  };
}

const named = (name: keyof Counter, value: number | undefined): Counter =>
  value === undefined ? {} : { [name]: value };

/** `undefined` for files that are not there, and for what means no limit. */
function amount(folder: string, file: string): number | undefined {
  const text = folder && read(folder, file);
  const value = Number(text || Number.NaN);
  return value < noLimit ? value : undefined;
}

function keyed(folder: string, file: string, key: string): number | undefined {
  const text = folder && readKeyed(folder, file, key);
  return text ? Number(text) : undefined;
}

/** The v2 group knows it on every host, with controllers or without. */
const readProcessorTime = (group: string): ProcessorTime => ({
  userMicroseconds: keyed(group, 'cpu.stat', 'user_usec') ?? 0,
  systemMicroseconds: keyed(group, 'cpu.stat', 'system_usec') ?? 0,
});

function readThrottling(folder: string): Throttling {
  const nanoseconds = keyed(folder, 'cpu.stat', 'throttled_time'); // of v1
  return {
    periods: keyed(folder, 'cpu.stat', 'nr_throttled') ?? 0,
    microseconds:
      nanoseconds === undefined
        ? (keyed(folder, 'cpu.stat', 'throttled_usec') ?? 0)
        : Math.round(nanoseconds / 1000),
  };
}

/** As processor time, the v2 group's. */
function readPressure(group: string): GroupCounters['pressure'] {
  const total = (text: string, who: string): number =>
    Number(new RegExp(`^${who} .*total=(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const of = (kind: PressureKind): Pressure => {
    const text = read(group, `${kind}.pressure`) ?? '';
    return { someMicroseconds: total(text, 'some'), fullMicroseconds: total(text, 'full') };
  };
  return { cpu: of('cpu'), memory: of('memory'), io: of('io') };
}
