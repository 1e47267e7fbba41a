import type { Counter, CounterAbility, CountedResource } from '#model/counter.ts';
import { programResources } from './maps.ts';

/** What nothing but this counts: the objects of the kernel that instances hold, by instance. */
export interface Beancounters {
  /** Never fails for what this host lacks: `abilities` then says what and why. */
  open(): Promise<void>;
  /** Counting and limits go on without this process. */
  close(): void;
  abilities(): Record<Beancounter, CounterAbility>;
  /** Counts from now on for an instance's v2 group. Before its first process is in it. Followed already: nothing. */
  follow(group: string): void;
  /** Effective at once; absent: no limit. Throws `unsupported` for a limit that this host cannot hold. */
  setLimits(group: string, limits: BeancounterLimits): void;
  /** What programs count, as they have it; nothing when they do not, or the group is gone. */
  readCounted(group: string): BeancounterReading;
  /** What is only known by looking through all processes of an instance: for whoever asks, not for every second. */
  readListed(place: CountedPlace): BeancounterReading;
  /** Before the group is removed. */
  forget(group: string): void;
}

/** Where to look for what an instance holds. */
export interface CountedPlace {
  /** pid 1 of it. */
  pid: number;
  processes: readonly number[];
  /** Host ids of its users; `undefined`: those of the host. */
  ids: { base: number; size: number } | undefined;
}

export const beancounters = [
  'tcp_sockets',
  'other_sockets',
  'unix_sockets',
  'files',
  'file_locks',
  'terminals',
  'pending_signals',
  'shared_memory',
  'locked_memory',
  'inotify_instances',
  'keys',
  'mounts',
] as const satisfies readonly CountedResource[];

export type Beancounter = (typeof beancounters)[number];
/** Those that programs count, and limit where the kernel takes them; each has the key `limits.NAME`. */
export const limitedBeancounters = programResources;
export type LimitedBeancounter = (typeof limitedBeancounters)[number];
export type BeancounterLimits = Partial<Record<LimitedBeancounter, number>>;
export type BeancounterReading = Partial<Record<Beancounter, Counter>>;
