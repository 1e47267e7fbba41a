import type { BeancounterReading, Beancounters, CountedPlace } from '#host/beancounters/beancounters.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { processesBelow } from '#host/cgroup/files.ts';
import { type GroupCounters, readGroupCounters } from '#host/cgroup/group-counters.ts';
import type { InstanceId } from '#model/instance.ts';

/** What is counted of one run of an instance, from its start. */
export interface RunCounters extends Omit<GroupCounters, 'counters'> {
  counters: GroupCounters['counters'] & BeancounterReading;
}

export interface CountedRun {
  cgroups: Pick<Cgroups, 'folders' | 'usage'>;
  /** Absent for virtual machines: what they hold is in a kernel of their own. */
  beancounters?: Pick<Beancounters, 'readCounted' | 'readListed'>;
}

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
  return { ...rest, counters: { ...counters, ...beancounters?.readCounted(folders.group), ...listed } };
}
