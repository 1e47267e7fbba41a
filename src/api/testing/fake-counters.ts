import type { Instances } from '#service/instances/instances.ts';
import type { CountersView } from '#service/counters/counters.ts';
import type { Services } from '../services.ts';

/** The same counts for every instance that runs. */
export function fakeCounters(instances: Instances): Services['counters'] {
  const viewOf = async (project: string, name: string): Promise<CountersView> => {
    const { usage } = await instances.state(project, name);
    const counters = { tcp_sockets: { held: 2, peak: 3, limit: 3, refusals: 1 }, files: { peak: 40 } };
    const abilities = { tcp_sockets: { ability: 'limited', reason: 'a program of ours is asked' } } as const;
    if (!usage) return { counters: { tcp_sockets: { peak: 3, refusals: 1 } }, abilities, run: undefined };
    const waits = { someMicroseconds: 7, fullMicroseconds: 3 };
    return {
      counters,
      abilities,
      run: {
        throttling: { periods: 1, microseconds: 500 },
        pressure: { cpu: waits, memory: waits, io: waits },
        io: { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 },
        cpuNanoseconds: usage.cpuNanoseconds,
        network: usage.network,
      },
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
