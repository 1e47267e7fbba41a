import fc from 'fast-check';
import { expect } from 'vitest';
import type { FakeClock } from '#base/fake-clock.ts';
import type { Change, Compare, Entry, Lease, Store, Write } from './store.ts';

// Texts whose order by UTF-8 bytes differs from JavaScript's, shared beginnings, and bytes that encoders treat specially.
const keys = ['a', 'a/', 'a/b', 'a/b\0', 'ab', '\0', '\u001f', 'é', '\uffee', '😀', '😀/x', '1', 'true'];
const key = fc.constantFrom(...keys);
const prefix = fc.constantFrom('', 'a', 'a/', '😀', '\0', 'nothing');

// Without -0, which JSON writes as 0.
const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

type Step =
  | {
      do: 'transact';
      puts: [string, unknown, number | undefined][];
      deletes: string[];
      compares: [string, Guess][];
    }
  | { do: 'range'; prefix: string; limit: number | undefined; after: string | undefined }
  | { do: 'grant'; ttlMs: number }
  | { do: 'renew' | 'revoke'; lease: number }
  | { do: 'advance'; ms: number };

/** The revision that a compare names: the true one, none, or one that is off. */
type Guess = 'true' | 'none' | 'off';

const transact = fc.record({
  do: fc.constant('transact' as const),
  puts: fc.uniqueArray(fc.tuple(key, json, fc.option(fc.nat(3), { nil: undefined })), {
    selector: ([name]) => name,
    maxLength: 5,
  }),
  deletes: fc.uniqueArray(key, { maxLength: 2 }),
  compares: fc.array(fc.tuple(key, fc.constantFrom<Guess>('true', 'true', 'true', 'none', 'off')), {
    maxLength: 2,
  }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: transact },
  fc.record({
    do: fc.constant('range' as const),
    prefix,
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    after: fc.option(key, { nil: undefined }),
  }),
  fc.record({ do: fc.constant('grant' as const), ttlMs: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constantFrom('renew' as const, 'revoke' as const), lease: fc.nat(3) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }),
);

export const scripts = fc.array(step, { maxLength: 25 });

interface ModelLease {
  lease: Lease;
  ttlMs: number;
  endsAt: number;
  hasEnded: boolean;
}

/** A store as simple as can be: a map, a list of changes, a list of leases. */
class Model {
  readonly entries = new Map<string, Entry<unknown> & { lease: ModelLease | undefined }>();
  readonly changes: Change<unknown>[] = [];
  readonly leases: ModelLease[] = [];
  revision = 0n;

  write(writes: [string, unknown, ModelLease | undefined][]): void {
    const effective = writes.filter(([name, value]) => value !== undefined || this.entries.has(name));
    if (effective.length > 0) this.revision += 1n;
    for (const [name, value, lease] of effective) {
      const createRevision = this.entries.get(name)?.createRevision ?? this.revision;
      if (value === undefined) this.entries.delete(name);
      else this.entries.set(name, { key: name, value, createRevision, modRevision: this.revision, lease });
      this.changes.push({ key: name, value, revision: this.revision });
    }
  }

  end(lease: ModelLease): void {
    lease.hasEnded = true;
    const held = [...this.entries.values()].filter((entry) => entry.lease === lease);
    this.write(held.map(({ key: name }) => [name, undefined, undefined]));
  }

  range(start: string, limit = Infinity, after?: string): Entry<unknown>[] {
    return [...this.entries.values()]
      .filter(
        (entry) => entry.key.startsWith(start) && (after === undefined || inBytes(after, entry.key) < 0),
      )
      .sort((a, b) => inBytes(a.key, b.key))
      .slice(0, limit)
      .map(({ lease: _, ...entry }) => entry);
  }
}

const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Does to `store` and to a model what `script` says, and compares what they answer and what watchers saw. */
export async function runAgainstModel(
  script: readonly Step[],
  store: Store,
  clock: FakeClock,
): Promise<void> {
  const model = new Model();
  for (const each of script) await runStep(each, store, model, clock);
  expect(await store.range('')).toEqual(model.range(''));
  expect(await store.revision()).toBe(model.revision);
  for (const start of ['', 'a/']) {
    for (const after of new Set([0n, model.revision / 2n, model.revision])) {
      await expectWatch(store, model, start, after);
    }
  }
}

async function runStep(each: Step, store: Store, model: Model, clock: FakeClock): Promise<void> {
  if (each.do === 'transact') return runTransaction(each, store, model);
  if (each.do === 'range') {
    const { limit, after } = each;
    const options = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) };
    expect(await store.range(each.prefix, options)).toEqual(model.range(each.prefix, limit, after));
  } else if (each.do === 'grant') {
    const lease = await store.lease(each.ttlMs);
    model.leases.push({ lease, ttlMs: each.ttlMs, endsAt: clock.now() + each.ttlMs, hasEnded: false });
  } else if (each.do === 'advance') {
    await advance(each.ms, store, model, clock);
  } else {
    await useLease(each.do, model.leases[each.lease], model, clock);
  }
}

async function advance(ms: number, store: Store, model: Model, clock: FakeClock): Promise<void> {
  clock.advance(ms);
  const due = model.leases.filter((lease) => !lease.hasEnded && lease.endsAt <= clock.now());
  for (const lease of due.sort((a, b) => a.endsAt - b.endsAt)) model.end(lease);
  expect(await store.transact({ writes: [] })).toEqual({ succeeded: true, revision: model.revision });
}

async function useLease(
  verb: 'renew' | 'revoke',
  held: ModelLease | undefined,
  model: Model,
  clock: FakeClock,
): Promise<void> {
  if (!held) return;
  if (held.hasEnded) {
    await expect(held.lease[verb]()).rejects.toMatchObject({ code: 'not-found' });
    return;
  }
  await held.lease[verb]();
  if (verb === 'revoke') model.end(held);
  else held.endsAt = clock.now() + held.ttlMs;
}

async function runTransaction(
  each: Extract<Step, { do: 'transact' }>,
  store: Store,
  model: Model,
): Promise<void> {
  const put = new Set(each.puts.map(([name]) => name));
  const deletes = each.deletes.filter((name) => !put.has(name));
  const puts = each.puts.map(([name, value, lease]) => {
    const held = lease === undefined ? undefined : model.leases[lease];
    return [name, value, held?.hasEnded ? undefined : held] as [string, unknown, ModelLease | undefined];
  });
  const compares = each.compares.map(([name, guess]) => compareFor(model, name, guess));
  const writes: Write[] = [
    ...puts.map(([name, value, held]) => ({ put: name, value, ...(held && { lease: held.lease }) })),
    ...deletes.map((name) => ({ delete: name })),
  ];
  const succeeded = compares.every(
    ({ key: name, modRevision }) => (model.entries.get(name)?.modRevision ?? 0n) === modRevision,
  );
  if (succeeded)
    model.write([
      ...puts,
      ...deletes.map((name): [string, undefined, undefined] => [name, undefined, undefined]),
    ]);
  expect(await store.transact({ compares, writes })).toEqual({ succeeded, revision: model.revision });
}

function compareFor(model: Model, name: string, guess: Guess): Compare {
  const revision = model.entries.get(name)?.modRevision ?? 0n;
  return { key: name, modRevision: { true: revision, none: 0n, off: revision + 1n }[guess] };
}

/** Every change once, in order, from wherever the watch resumes. */
async function expectWatch(store: Store, model: Model, start: string, after: bigint): Promise<void> {
  const expected = model.changes.filter((change) => change.revision > after && change.key.startsWith(start));
  const stop = new AbortController();
  const seen: Change<unknown>[] = [];
  if (expected.length === 0) stop.abort();
  for await (const change of store.watch(start, { after, signal: stop.signal })) {
    seen.push(change);
    if (seen.length === expected.length) stop.abort();
  }
  const revisions = seen.map(({ revision }) => Number(revision));
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(seen.toSorted(byRevisionAndKey)).toEqual(expected.toSorted(byRevisionAndKey));
}

/** Changes of one revision happen at once, in no order. */
const byRevisionAndKey = (a: Change<unknown>, b: Change<unknown>): number =>
  Number(a.revision - b.revision) || inBytes(a.key, b.key);
