import type { Counter } from '#model/counter.ts';
import type { Instance } from '#model/instance.ts';
import type { CountedRun, CountersView } from '#service/counters/counters.ts';

type Labels = Record<string, string>;
type Sample = readonly [labels: Labels, value: number];

interface Family {
  name: string;
  kind: 'counter' | 'gauge';
  help: string;
  samples(view: CountersView, run: CountedRun): readonly Sample[];
}

const one = (value: number): Sample[] => [[{}, value]];
const perNic =
  (
    field:
      | 'receivedBytes'
      | 'receivedPackets'
      | 'receivedDropped'
      | 'sentBytes'
      | 'sentPackets'
      | 'sentDropped',
  ) =>
  (_: CountersView, { network }: CountedRun): Sample[] =>
    Object.entries(network).map(([device, nic]) => [{ device }, nic[field]]);
const perResource =
  (field: keyof Counter) =>
  ({ counters }: CountersView): Sample[] =>
    Object.entries(counters).flatMap(([resource, counter]) => {
      const value = counter[field];
      return value === undefined ? [] : [[{ resource }, value] as const];
    });

/** Those of Incus by its names; what Wadah counts besides begins with `wadah`. */
const families: readonly Family[] = [
  {
    name: 'incus_cpu_seconds',
    kind: 'counter',
    help: 'Processor time used',
    samples: (_, run) => one(Number(run.cpuNanoseconds) / 1e9),
  },
  {
    name: 'incus_disk_read_bytes',
    kind: 'counter',
    help: 'Bytes read from disks',
    samples: (_, { io }) => one(io.readBytes),
  },
  {
    name: 'incus_disk_written_bytes',
    kind: 'counter',
    help: 'Bytes written to disks',
    samples: (_, { io }) => one(io.writtenBytes),
  },
  {
    name: 'incus_disk_reads_completed',
    kind: 'counter',
    help: 'Reads from disks',
    samples: (_, { io }) => one(io.reads),
  },
  {
    name: 'incus_disk_writes_completed',
    kind: 'counter',
    help: 'Writes to disks',
    samples: (_, { io }) => one(io.writes),
  },
  {
    name: 'incus_memory_OOM_kills',
    kind: 'counter',
    help: 'Processes killed because the memory limit was reached',
    samples: ({ counters }) => one(counters.memory?.refusals ?? 0),
  },
  {
    name: 'incus_network_receive_bytes',
    kind: 'counter',
    help: 'Bytes received',
    samples: perNic('receivedBytes'),
  },
  {
    name: 'incus_network_receive_packets',
    kind: 'counter',
    help: 'Packets received',
    samples: perNic('receivedPackets'),
  },
  {
    name: 'incus_network_receive_drop',
    kind: 'counter',
    help: 'Packets dropped on their way in',
    samples: perNic('receivedDropped'),
  },
  { name: 'incus_network_transmit_bytes', kind: 'counter', help: 'Bytes sent', samples: perNic('sentBytes') },
  {
    name: 'incus_network_transmit_packets',
    kind: 'counter',
    help: 'Packets sent',
    samples: perNic('sentPackets'),
  },
  {
    name: 'incus_network_transmit_drop',
    kind: 'counter',
    help: 'Packets dropped on their way out',
    samples: perNic('sentDropped'),
  },
  {
    name: 'incus_procs_total',
    kind: 'gauge',
    help: 'Processes and threads',
    samples: ({ counters }) => one(counters.processes?.held ?? 0),
  },
  { name: 'wadah_counter_held', kind: 'gauge', help: 'Held of a resource', samples: perResource('held') },
  { name: 'wadah_counter_peak', kind: 'gauge', help: 'The most that was held', samples: perResource('peak') },
  { name: 'wadah_counter_limit', kind: 'gauge', help: 'Limit of a resource', samples: perResource('limit') },
  {
    name: 'wadah_counter_refusals',
    kind: 'counter',
    help: 'Refusals because a limit was reached, over restarts',
    samples: perResource('refusals'),
  },
  {
    name: 'wadah_cpu_throttled_seconds',
    kind: 'counter',
    help: 'Time without a processor because its time was used up',
    samples: (_, { throttling }) => one(throttling.microseconds / 1e6),
  },
  {
    name: 'wadah_pressure_seconds',
    kind: 'counter',
    help: 'Time for which one of the processes had to wait',
    samples: (_, { pressure }) =>
      Object.entries(pressure).map(([resource, { someMicroseconds }]) => [
        { resource },
        someMicroseconds / 1e6,
      ]),
  },
];

/** What running instances use, as OpenMetrics text. Names of resources: the table in model/counter.ts. */
export function metricsText(running: readonly (readonly [Instance, CountersView])[]): string {
  const lines = families.flatMap(({ name, kind, help, samples }) => {
    const suffix = kind === 'counter' ? '_total' : '';
    const found = running.flatMap(([{ name: instance, project, type }, view]) =>
      (view.run ? samples(view, view.run) : []).map(
        ([labels, value]) =>
          `${name}${suffix}${labelText({ ...labels, name: instance, project, type })} ${value}`,
      ),
    );
    return [`# TYPE ${name} ${kind}`, `# HELP ${name} ${help}.`, ...found];
  });
  return [...lines, '# EOF', ''].join('\n');
}

const labelText = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, escapeCharacter)}"`)
    .join(',')}}`;

const escapeCharacter = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`);
