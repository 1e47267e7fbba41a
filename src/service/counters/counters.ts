import type { CountAbilities, RunCounters } from '#engine/run-counters.ts';
import type { Counters } from '#model/counter.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import type { Flows } from './flows.ts';

/** What instances hold and were refused, kept over restarts of the daemon and of themselves. */
export interface InstanceCounters {
  /** Throws `not-found`. */
  get(project: string, name: string): Promise<CountersView>;
  /** Of every instance that runs, without a walk over its processes. */
  running(project: string): Promise<(readonly [Instance, CountersView])[]>;
  /** Takes in what a run has come to: at its end, before its groups are removed. Taken in already: changes nothing. */
  takeIn(instance: Instance): Promise<void>;
  forget(id: InstanceId): Promise<void>;
}

export interface CountersView {
  counters: Counters;
  /** Of the engine that runs instances of its type, and of its root disk. */
  abilities: CountAbilities;
  /** Of the run that goes on; `undefined` when none does. */
  run: CountedRun | undefined;
  /** Of all runs, this one too. */
  total: Flows;
}

export interface CountedRun extends Flows, Pick<RunCounters, 'processors'> {
  memoryUse: ReturnType<RunCounters['memoryUse']>;
  /** What a container may have; of a virtual machine, the guest knows. */
  memoryBytes: number | undefined;
}
