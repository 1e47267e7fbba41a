import type { InstanceFull } from '#contract/contract.ts';

/** What one instance does at this moment. */
export interface Activity {
  instance: InstanceFull;
  /** Percent of one processor; `undefined` until it was seen twice. */
  cpuPercent: number | undefined;
  /** Bytes per second of all its links together. */
  receivedPerSecond: number | undefined;
  sentPerSecond: number | undefined;
}

/** Instances as they were at one moment. */
export interface Sample {
  /** Milliseconds of a clock that only goes on. */
  at: number;
  instances: readonly InstanceFull[];
}

/** What running instances did between two samples. One that was started in between has no speed yet. */
export function activitiesBetween(before: Sample | undefined, now: Sample): Activity[] {
  const seconds = before ? (now.at - before.at) / 1000 : 0;
  return now.instances
    .filter(({ state }) => state.pid > 0)
    .map((instance) => {
      const earlier = before?.instances.find((each) => each.state.pid === instance.state.pid);
      const speed = (of: (each: InstanceFull) => number): number | undefined =>
        earlier && seconds > 0 ? Math.max(0, of(instance) - of(earlier)) / seconds : undefined;
      const cpu = speed(({ state }) => state.cpu.usage);
      return {
        instance,
        cpuPercent: cpu === undefined ? undefined : cpu / 1e7,
        receivedPerSecond: speed((each) => traffic(each, 'bytes_received')),
        sentPerSecond: speed((each) => traffic(each, 'bytes_sent')),
      };
    });
}

const traffic = ({ state }: InstanceFull, direction: 'bytes_received' | 'bytes_sent'): number =>
  Object.values(state.network).reduce((sum, { counters }) => sum + counters[direction], 0);

/** By what they are sorted: the most first, names from a to z. */
export const sortings = {
  cpu: ({ cpuPercent }) => cpuPercent ?? 0,
  memory: ({ instance }) => instance.state.memory.usage,
  processes: ({ instance }) => instance.state.processes,
  network: ({ receivedPerSecond, sentPerSecond }) => (receivedPerSecond ?? 0) + (sentPerSecond ?? 0),
  name: () => 0,
} as const satisfies Record<string, (activity: Activity) => number>;

export type Sorting = keyof typeof sortings;

export const sortingByKey: Readonly<Record<string, Sorting>> = {
  c: 'cpu',
  m: 'memory',
  p: 'processes',
  n: 'network',
  a: 'name',
};

/** `c cpu, m memory` and so on. */
export const sortingKeysText = Object.entries(sortingByKey)
  .map(([key, sorting]) => `${key} ${sorting}`)
  .join(', ');

export function sorted(activities: readonly Activity[], sorting: Sorting): Activity[] {
  const weigh = sortings[sorting];
  return activities.toSorted((a, b) => weigh(b) - weigh(a) || (a.instance.name < b.instance.name ? -1 : 1));
}
