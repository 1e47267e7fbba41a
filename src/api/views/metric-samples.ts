import { mapValues } from '#base/map-values.ts';
import type { Counter } from '#model/counter.ts';
import type { CountedRun, CountersView } from '#service/counters/counters.ts';

export type Labels = Record<string, string>;
export type Sample = readonly [labels: Labels, value: number];

/** How the numbers of one metric are found, of an instance that runs. What is not known is left out. */
export interface Samples {
  /** Besides those that all samples have. */
  labels: readonly string[];
  of(view: CountersView, run: CountedRun): Sample[];
}

type Flows = CountersView['total'];

export const single = (value: (view: CountersView, run: CountedRun) => number | undefined): Samples => ({
  labels: [],
  of(view, run) {
    const number = value(view, run);
    return number === undefined ? [] : [[{}, number]];
  },
});

export const perNic = (count: keyof Flows['network'][string]): Samples =>
  perName('device', ({ total }) => mapValues(total.network, (nic) => nic[count]));

export const perDisk = (count: keyof Flows['io'][string]): Samples =>
  perName('device', ({ total }) => mapValues(total.io, (disk) => disk[count]));

export const perResource = (field: keyof Counter): Samples =>
  perName('resource', ({ counters }) => mapValues(counters, (counter) => counter[field]));

/** In seconds. */
export const perPressure = (field: keyof Flows['pressure']['cpu']): Samples =>
  perName('resource', ({ total }) => mapValues(total.pressure, (pressure) => pressure[field] / 1e6));

/** In seconds. The kernel tells the times of all processors of a group together; Incus calls those 0 then, too. */
export const cpuTime: Samples = {
  labels: ['cpu', 'mode'],
  of: ({ total: { processorTime } }) => [
    [{ cpu: '0', mode: 'user' }, processorTime.userMicroseconds / 1e6],
    [{ cpu: '0', mode: 'system' }, processorTime.systemMicroseconds / 1e6],
  ],
};

/** Of a container's root disk that has a size; what is on a virtual machine's disk, its guest knows. */
export const ofRoot = (value: (disk: { held: number; limit: number }) => number): Samples => ({
  labels: ['device', 'mountpoint'],
  of({ counters: { disk: { held, limit } = {}, inodes } }) {
    if (!inodes || held === undefined || limit === undefined) return [];
    return [[{ device: 'root', mountpoint: '/' }, value({ held, limit })]];
  },
});

function perName(label: string, values: (view: CountersView) => Record<string, number | undefined>): Samples {
  return {
    labels: [label],
    of: (view) =>
      Object.entries(values(view)).flatMap(([name, value]): Sample[] =>
        value === undefined ? [] : [[{ [label]: name }, value]],
      ),
  };
}
