import type { InstanceCounters } from '#contract/contract.ts';
import { type CountedResource, countedResources } from '#model/counter.ts';
import type { CountersView } from '#service/counters/counters.ts';

const notCounted = { ability: 'none', reason: 'nothing counts it' } as const;

/** Resources in the order of the table, those that are known of this instance. */
export function countersDocument({ counters, abilities, run }: CountersView): InstanceCounters {
  const names = Object.keys(countedResources) as CountedResource[];
  const documents = names.flatMap((name) => {
    const counter = counters[name];
    const ability = abilities[name];
    if (!counter && !ability) return [];
    return [[name, { unit: countedResources[name].unit, ...(ability ?? notCounted), ...counter }] as const];
  });
  return { counters: Object.fromEntries(documents), run: run ? runDocument(run) : null };
}

function runDocument(run: NonNullable<CountersView['run']>): InstanceCounters['run'] {
  const { throttling, pressure, io, network } = run;
  return {
    cpu: {
      usage_ns: Number(run.cpuNanoseconds),
      throttled_periods: throttling.periods,
      throttled_us: throttling.microseconds,
    },
    pressure: Object.fromEntries(
      Object.entries(pressure).map(([kind, { someMicroseconds, fullMicroseconds }]) => [
        kind,
        { some_us: someMicroseconds, full_us: fullMicroseconds },
      ]),
    ),
    io: { read_bytes: io.readBytes, written_bytes: io.writtenBytes, reads: io.reads, writes: io.writes },
    network: Object.fromEntries(
      Object.entries(network).map(([name, nic]) => [
        name,
        { packets_dropped_inbound: nic.receivedDropped, packets_dropped_outbound: nic.sentDropped },
      ]),
    ),
  };
}
