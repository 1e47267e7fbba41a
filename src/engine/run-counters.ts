import { availableParallelism } from 'node:os';
import type { BeancounterReading, Beancounters, CountedPlace } from '#host/beancounters/beancounters.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { processesBelow } from '#host/cgroup/files.ts';
import { type GroupCounters, readGroupCounters } from '#host/cgroup/group-counters.ts';
import type { CounterAbility, CountedResource } from '#model/counter.ts';
import type { InstanceId } from '#model/instance.ts';

/** What is counted of one run of an instance, from its start. */
export interface RunCounters extends Omit<GroupCounters, 'counters'> {
  counters: GroupCounters['counters'] & BeancounterReading;
  /** How many it may use. */
  processors: number;
}

export type CountAbilities = Partial<Record<CountedResource, CounterAbility>>;

export interface CountedRun {
  cgroups: Pick<Cgroups, 'cpusOf' | 'folders' | 'usage'>;
  /** Absent for virtual machines: what they hold is in a kernel of their own. */
  beancounters?: Pick<Beancounters, 'readCounted' | 'readListed'>;
}

/** What the controllers of cgroups do for instances of every type. */
export const groupAbilities = {
  memory: { ability: 'limited', reason: 'a controller of cgroups limits it' },
  swap: {
    ability: 'limited',
    reason:
      'a controller of cgroups limits it; only that of cgroup v2 tells refusals from what was met and settled',
  },
  processes: { ability: 'limited', reason: 'a controller of cgroups limits them' },
} as const satisfies CountAbilities;

/** From the instance's groups, while there are some. `whole`: a run whose processes shall be looked through too. */
export async function readRunCounters(
  { cgroups, beancounters }: CountedRun,
  id: InstanceId,
  whole?: Omit<CountedPlace, 'processes'>,
): Promise<RunCounters | undefined> {
  if (!cgroups.usage(id)) return undefined;
  const folders = cgroups.folders(id);
  const { counters, ...rest } = readGroupCounters(folders);
  const listed =
    beancounters && whole
      ? beancounters.readListed({ ...whole, processes: await processesBelow(folders.group) })
      : {};
  const processors = cgroups.cpusOf(id)?.length ?? availableParallelism();
  return {
    ...rest,
    processors,
    counters: { ...counters, ...listed, ...beancounters?.readCounted(folders.group) },
  };
}
