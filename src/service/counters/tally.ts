import type { FlatFlows } from './flows.ts';
import type { CountedResource, Counter, Counters } from '#model/counter.ts';

/** What outlives a run of an instance: the most that was held, and how often something was refused. */
export type Totals = Partial<Record<CountedResource, Pick<Counter, 'peak' | 'refusals'>>>;

/** Kept in the node store: of the runs that have ended, and of the newest one as far as it was seen. */
export interface Tally {
  past: Totals;
  run: Totals;
  /** Tells that run from all others. */
  runId: string;
  /** Absent in what earlier versions kept. */
  flows?: { past: FlatFlows; run: FlatFlows };
}

export const emptyTally: Tally = { past: {}, run: {}, runId: '' };

export interface Rise {
  resource: CountedResource;
  /** How many refusals there are more than were seen before. */
  by: number;
}

/** What a run has come to. */
export interface Seen {
  runId: string;
  counters: Counters;
  flows: FlatFlows;
}

/** Takes in what a run has come to; of a run that is new, the one before it has come to its end. */
export function notice(tally: Tally, { runId, counters, flows }: Seen): { tally: Tally; rises: Rise[] } {
  const isNew = runId !== tally.runId;
  const [past, before] = isNew ? [totalOf(tally), {}] : [tally.past, tally.run];
  const run: Totals = { ...before };
  const rises: Rise[] = [];
  for (const [resource, counter] of entries(counters)) {
    const seen = before[resource];
    const by = (counter.refusals ?? 0) - (seen?.refusals ?? 0);
    if (by > 0) rises.push({ resource, by });
    run[resource] = {
      ...defined('peak', most(seen?.peak, counter.peak ?? counter.held)),
      // A group that the guest has removed takes along what was counted in it.
      ...defined('refusals', most(seen?.refusals, counter.refusals)),
    };
  }
  return { tally: { past, run, runId, flows: noticeFlows(tally, isNew, flows) }, rises };
}

/** One that has become less has begun anew meanwhile, as that of a rate which was unset and set again. */
function noticeFlows(tally: Tally, isNew: boolean, now: FlatFlows): NonNullable<Tally['flows']> {
  const { past: before, run: seen } = tally.flows ?? { past: {}, run: {} };
  const [past, run] = isNew ? [totalFlows(tally), {} as FlatFlows] : [{ ...before }, { ...seen }];
  for (const [path, value] of Object.entries(now)) {
    const earlier = run[path] ?? 0;
    if (value < earlier) past[path] = (past[path] ?? 0) + earlier;
    run[path] = value;
  }
  return { past, run };
}

/** Of all runs together. */
export function totalFlows({ flows }: Tally): FlatFlows {
  const total = { ...flows?.past };
  for (const [path, value] of Object.entries(flows?.run ?? {})) total[path] = (total[path] ?? 0) + value;
  return total;
}

/** All runs together. */
function totalOf({ past, run }: Tally): Totals {
  const total = { ...past };
  for (const [resource, { peak, refusals }] of entries(run)) {
    const before = past[resource];
    total[resource] = {
      ...defined('peak', most(before?.peak, peak)),
      ...defined('refusals', sum(before?.refusals, refusals)),
    };
  }
  return total;
}

/**
 * What is shown: held and limits as they are now, peaks and refusals of all runs. Where the kernel does not begin to
 * press before the limit, the barrier is the limit.
 */
export function shown(tally: Tally, now: Counters): Counters {
  const totals = totalOf(tally);
  const names = new Set([...entries(now), ...entries(totals)].map(([resource]) => resource));
  return Object.fromEntries(
    [...names].map((resource) => {
      const { held, barrier, limit, ...counter }: Counter = { ...now[resource], ...totals[resource] };
      const known = {
        ...defined('held', held),
        ...defined('peak', most(counter.peak, held)),
        ...defined('barrier', barrier ?? limit),
        ...defined('limit', limit),
      };
      return [resource, { ...counter, ...known }];
    }),
  ) as Counters;
}

const entries = <T>(record: Partial<Record<CountedResource, T>>): [CountedResource, T][] =>
  Object.entries(record) as [CountedResource, T][];

const most = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : one + other;

const defined = <K extends string>(name: K, value: number | undefined): Partial<Record<K, number>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, number>);
