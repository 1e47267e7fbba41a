import { mapValues } from '#base/map-values.ts';
import type { InstanceCounters } from '#contract/contract.ts';
import { type CountedResource, countedResources } from '#model/counter.ts';
import type { CountersView } from '#service/counters/counters.ts';

const notCounted = { ability: 'none', reason: 'nothing counts it' } as const;

/** Resources in the order of the table, those that are known of this instance. */
export function countersDocument({ counters, abilities, run, total }: CountersView): InstanceCounters {
  const names = Object.keys(countedResources) as CountedResource[];
  const documents = names.flatMap((name) => {
    const counter = counters[name];
    const ability = abilities[name];
    if (!counter && !ability) return [];
    return [[name, { unit: countedResources[name].unit, ...(ability ?? notCounted), ...counter }] as const];
  });
  return {
    counters: Object.fromEntries(documents),
    run: run ? flowsDocument(run) : null,
    total: flowsDocument(total),
  };
}

function flowsDocument(flows: CountersView['total']): InstanceCounters['total'] {
  const { processorTime, throttling, pressure, io, network } = flows;
  return {
    cpu: {
      usage_ns: (processorTime.userMicroseconds + processorTime.systemMicroseconds) * 1000,
      throttled_periods: throttling.periods,
      throttled_us: throttling.microseconds,
    },
    pressure: mapValues(pressure, ({ someMicroseconds, fullMicroseconds }) => ({
      some_us: someMicroseconds,
      full_us: fullMicroseconds,
    })),
    io: mapValues(io, ({ readBytes, writtenBytes, reads, writes }) => ({
      read_bytes: readBytes,
      written_bytes: writtenBytes,
      reads,
      writes,
    })),
    network: mapValues(network, ({ receivedDropped, sentDropped }) => ({
      packets_dropped_inbound: receivedDropped,
      packets_dropped_outbound: sentDropped,
    })),
  };
}
