import type { CountedRun } from '#service/counters/counters.ts';
import {
  cpuTime,
  ofRoot,
  perDisk,
  perNic,
  perPressure,
  perResource,
  type Samples,
  single,
} from './metric-samples.ts';

/** Numbers of one kind. */
export interface Family {
  name: string;
  kind: 'counter' | 'gauge';
  help: string;
  samples: Samples;
}

const counter = (name: string, help: string, samples: Samples): Family => {
  return { name, kind: 'counter', help, samples };
};
const gauge = (name: string, help: string, samples: Samples): Family => {
  return { name, kind: 'gauge', help, samples };
};

type MemoryUse = CountedRun['memoryUse'];

const use = (name: string, help: string, value: (use: MemoryUse) => number | undefined): Family =>
  gauge(
    `incus_memory_${name}_bytes`,
    help,
    single((_, { memoryUse }) => value(memoryUse)),
  );

/** Of the memory that a container may have. */
const share = (name: string, help: string, value: (all: number, held: number, use: MemoryUse) => number) =>
  gauge(
    `incus_memory_${name}_bytes`,
    help,
    single(({ counters }, { memoryBytes: all, memoryUse }) =>
      all === undefined ? undefined : value(all, counters.memory?.held ?? 0, memoryUse),
    ),
  );

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one + other;

const memory: readonly Family[] = [
  use('Active_anon', 'Memory of programs, used lately', (of) => of.activeAnonymous),
  use('Active', 'Memory used lately', (of) => sum(of.activeAnonymous, of.activeFile)),
  use('Active_file', 'Cache of files, used lately', (of) => of.activeFile),
  use('Cached', 'Cache of files', (of) => of.cached),
  use('Dirty', 'To be written to disks', (of) => of.dirty),
  use('Inactive_anon', 'Memory of programs, not used lately', (of) => of.inactiveAnonymous),
  use('Inactive', 'Memory not used lately', (of) => sum(of.inactiveAnonymous, of.inactiveFile)),
  use('Inactive_file', 'Cache of files, not used lately', (of) => of.inactiveFile),
  use('Mapped', 'Files mapped into programs', (of) => of.mapped),
  share('MemAvailable', 'What programs could still have', (all, held, of) =>
    Math.min(all, all - held + (sum(of.activeFile, of.inactiveFile) ?? 0)),
  ),
  share('MemFree', 'Not used for anything', (all, held) => all - held),
  share('MemTotal', 'What it may have', (all) => all),
  use('RSS', 'Memory of programs', (of) => of.anonymous),
  use('Shmem', 'Shared memory and file systems in memory', (of) => of.shared),
  gauge(
    'incus_memory_Swap_bytes',
    'Swapped out',
    single(({ counters }) => counters.swap?.held),
  ),
  use('Unevictable', 'Memory that is never taken back', (of) => of.unevictable),
  use('Writeback', 'Being written to disks', (of) => of.writeback),
];

const left = ofRoot(({ held, limit }) => limit - held);

/** By the names that Incus has for them. */
const ofIncus: readonly Family[] = [
  counter('incus_cpu_seconds', 'Processor time used', cpuTime),
  gauge(
    'incus_cpu_effective_total',
    'Processors that it may use',
    single((_, { processors }) => processors),
  ),
  counter('incus_disk_read_bytes', 'Bytes read from disks', perDisk('readBytes')),
  counter('incus_disk_reads_completed', 'Reads from disks', perDisk('reads')),
  counter('incus_disk_written_bytes', 'Bytes written to disks', perDisk('writtenBytes')),
  counter('incus_disk_writes_completed', 'Writes to disks', perDisk('writes')),
  gauge('incus_filesystem_avail_bytes', 'Room left on a root disk that has a size', left),
  gauge('incus_filesystem_free_bytes', 'The same', left),
  gauge(
    'incus_filesystem_size_bytes',
    'Size of a root disk that has one',
    ofRoot(({ limit }) => limit),
  ),
  ...memory,
  counter(
    'incus_memory_OOM_kills',
    'Processes killed because the memory limit was reached',
    single(({ counters }) => counters.memory?.refusals),
  ),
  counter('incus_network_receive_bytes', 'Bytes received', perNic('receivedBytes')),
  counter('incus_network_receive_drop', 'Packets dropped on their way in', perNic('receivedDropped')),
  counter('incus_network_receive_errs', 'Packets received with errors', perNic('receivedErrors')),
  counter('incus_network_receive_packets', 'Packets received', perNic('receivedPackets')),
  counter('incus_network_transmit_bytes', 'Bytes sent', perNic('sentBytes')),
  counter('incus_network_transmit_drop', 'Packets dropped on their way out', perNic('sentDropped')),
  counter('incus_network_transmit_errs', 'Packets sent with errors', perNic('sentErrors')),
  counter('incus_network_transmit_packets', 'Packets sent', perNic('sentPackets')),
  gauge(
    'incus_procs_total',
    'Processes and threads',
    single(({ counters }) => counters.processes?.held),
  ),
];

const ofWadah: readonly Family[] = [
  gauge('wadah_counter_held', 'Held of a resource', perResource('held')),
  gauge('wadah_counter_peak', 'The most that was held', perResource('peak')),
  gauge('wadah_counter_barrier', 'Where the kernel begins to press', perResource('barrier')),
  gauge('wadah_counter_limit', 'Limit of a resource', perResource('limit')),
  counter('wadah_counter_refusals', 'Refusals because a limit was reached', perResource('refusals')),
  counter(
    'wadah_cpu_throttled_periods',
    'How often its processor time was used up',
    single(({ total }) => total.throttling.periods),
  ),
  counter(
    'wadah_cpu_throttled_seconds',
    'Time without a processor because its time was used up',
    single(({ total }) => total.throttling.microseconds / 1e6),
  ),
  counter(
    'wadah_pressure_waiting_seconds',
    'Time for which one of its processes at least had to wait',
    perPressure('someMicroseconds'),
  ),
  counter(
    'wadah_pressure_stalled_seconds',
    'Time for which all of its processes had to wait at once',
    perPressure('fullMicroseconds'),
  ),
];

/** Those of Incus by its names; what Wadah counts besides begins with `wadah`. */
export const families: readonly Family[] = [...ofIncus, ...ofWadah];
