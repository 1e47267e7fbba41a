interface Timed {
  /** Of `performance.now()`. */
  beganMs: number;
  /** When the answer was there, or when nothing could happen any more for want of one. */
  endedMs: number;
}

/** One call to the daemon as its caller saw it. */
export interface Recorded<Call, Answer> extends Timed {
  call: Call;
  answer: Answer;
}

/** All that an object can be after a call with its answer, when it was `state` before; none: the answer is wrong. */
type Next<State, Record> = (state: State, record: Record) => State[];

interface World<State> {
  state: State;
  /** Calls that have had their effect and are not answered yet. */
  done: ReadonlySet<number>;
}

/** No order of the calls explains their answers. */
export class Inexplicable extends Error {
  readonly record: Timed;
  /** What the object could have been just before that answer. */
  readonly before: readonly unknown[];

  constructor(record: Timed, before: readonly unknown[]) {
    super('an answer that no order of the calls explains');
    this.record = record;
    this.before = before;
  }
}

/**
 * All states in which an object can be after these calls, of which many overlap: each has its effect at one moment
 * between its beginning and its end. Throws `Inexplicable` (after Wing and Gong, in the just-in-time way of Lowe).
 */
export function linearize<State, Record extends Timed>(
  initial: readonly State[],
  records: readonly Record[],
  next: Next<State, Record>,
): State[] {
  let worlds: World<State>[] = initial.map((state) => ({ state, done: new Set<number>() }));
  const open = new Set<number>();
  for (const { index, isEnd } of momentsOf(records)) {
    if (!isEnd) {
      open.add(index);
      continue;
    }
    const reached = everyWay(worlds, open, records, next);
    const explained = reached.filter(({ done }) => done.has(index));
    if (explained.length === 0) {
      throw new Inexplicable(records[index] as Record, statesOf(reached));
    }
    open.delete(index);
    worlds = distinct(explained.map(({ state, done }) => ({ state, done: without(done, index) })));
  }
  return statesOf(worlds);
}

/** Beginnings and ends in the order of time; of the same moment, beginnings first. */
function momentsOf(records: readonly Timed[]): { index: number; isEnd: boolean }[] {
  const moments = records.flatMap(({ beganMs, endedMs }, index) => [
    { index, isEnd: false, atMs: beganMs },
    { index, isEnd: true, atMs: endedMs },
  ]);
  return moments.sort((a, b) => a.atMs - b.atMs || Number(a.isEnd) - Number(b.isEnd));
}

/** These worlds, and those in which any of the open calls have had their effect, in any order. */
function everyWay<State, Record extends Timed>(
  worlds: readonly World<State>[],
  open: ReadonlySet<number>,
  records: readonly Record[],
  next: Next<State, Record>,
): World<State>[] {
  const all = new Map(worlds.map((world) => [keyOf(world), world]));
  for (const { state, done } of all.values()) {
    for (const index of open) {
      if (done.has(index)) continue;
      for (const after of next(state, records[index] as Record)) {
        const world = { state: after, done: new Set([...done, index]) };
        all.set(keyOf(world), all.get(keyOf(world)) ?? world);
      }
    }
  }
  return [...all.values()];
}

const keyOf = ({ state, done }: World<unknown>): string =>
  JSON.stringify([state, [...done].sort((a, b) => a - b)]);

const distinct = <State>(worlds: World<State>[]): World<State>[] => [
  ...new Map(worlds.map((world) => [keyOf(world), world])).values(),
];

const statesOf = <State>(worlds: World<State>[]): State[] => [
  ...new Map(worlds.map(({ state }) => [JSON.stringify(state), state])).values(),
];

function without(done: ReadonlySet<number>, index: number): ReadonlySet<number> {
  const rest = new Set(done);
  rest.delete(index);
  return rest;
}
