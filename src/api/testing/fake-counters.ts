import type { Instances } from '#service/instances/instances.ts';
import type { CountersView } from '#service/counters/counters.ts';
import type { Services } from '../services.ts';

/** The same counts for every instance that runs. */
export function fakeCounters(instances: Instances): Services['counters'] {
  const viewOf = async (project: string, name: string): Promise<CountersView> => {
    const { usage } = await instances.state(project, name);
    const counters = { tcp_sockets: { held: 2, peak: 3, limit: 3, refusals: 1 }, files: { peak: 40 } };
    const abilities = { tcp_sockets: { ability: 'limited', reason: 'a program of ours is asked' } } as const;
    const nic = {
      receivedBytes: 1,
      receivedPackets: 2,
      receivedErrors: 3,
      receivedDropped: 5,
      sentBytes: 3,
      sentPackets: 4,
      sentErrors: 4,
      sentDropped: 6,
    };
    const waits = { someMicroseconds: 7, fullMicroseconds: 3 };
    const total = {
      processorTime: { userMicroseconds: 20, systemMicroseconds: 10 },
      throttling: { periods: 1, microseconds: 500 },
      pressure: { cpu: waits, memory: waits, io: waits },
      io: { vda: { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 } },
      network: { eth0: nic },
    };
    if (!usage) {
      return { counters: { tcp_sockets: { peak: 3, refusals: 1 } }, abilities, run: undefined, total };
    }
    return {
      counters,
      abilities,
      run: { ...total, memoryUse: { anonymous: 8, cached: 9 }, processors: 2, memoryBytes: 100 },
      total,
    };
  };
  return {
    get: viewOf,
    async running(project) {
      const views = await instances.list(project);
      const running = views.filter(({ state }) => state !== 'stopped');
      return Promise.all(
        running.map(async ({ instance }) => [instance, await viewOf(project, instance.name)] as const),
      );
    },
  };
}
