import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#base/fake-clock.ts';
import type { ChangeLogLimits } from './local/change-log.ts';
import { runAgainstModel, scripts } from './store-model.ts';
import { type Change, type Store, storeLimits } from './store.ts';

/** Opens a fresh, empty store for one test. */
type OpenStore = (clock: FakeClock, changeLog?: ChangeLogLimits) => Promise<OpenedStore>;

export interface OpenedStore {
  store: Store;
  /** Closes it and takes away what it left. */
  dispose(): Promise<void>;
}

/** What every implementation of `Store` promises. `scriptCount`: how many random scripts it is put to. */
export function storeSuite(name: string, open: OpenStore, scriptCount: number): void {
  let clock: FakeClock;
  let opened: OpenedStore;
  let store: Store;

  const put = (key: string, value: unknown) => store.transact({ writes: [{ put: key, value }] });

  beforeEach(async () => {
    clock = new FakeClock();
    opened = await open(clock);
    store = opened.store;
  });
  afterEach(() => opened.dispose());

  describe(`${name}: documents`, () => {
    test('a document comes back as it was put, with the revisions of its making and of its last change', async () => {
      const made = await put('a', { text: 'é😀', list: [1, null, { deep: true }] });
      const changed = await put('a', { text: 'new' });
      expect(await store.get('a')).toEqual({
        key: 'a',
        value: { text: 'new' },
        createRevision: made.revision,
        modRevision: changed.revision,
      });
    });

    test('an undefined member is absent when it comes back, and an undefined value is refused', async () => {
      await put('a', { kept: 1, gone: undefined });
      expect((await store.get<object>('a'))?.value).toStrictEqual({ kept: 1 });
      await expect(put('b', undefined)).rejects.toMatchObject({ code: 'invalid' });
    });

    test('what a reader or writer does to its own copy changes nothing in the store', async () => {
      const value = { list: [1] };
      const written = put('a', value);
      value.list.push(2);
      await written;
      const read = await store.get<{ list: number[] }>('a');
      read?.value.list.push(3);
      expect((await store.get<object>('a'))?.value).toEqual({ list: [1] });
    });

    test('a deleted document is gone, and one made again is new', async () => {
      await put('a', 1);
      await store.transact({ writes: [{ delete: 'a' }] });
      expect(await store.get('a')).toBeUndefined();
      const again = await put('a', 2);
      expect((await store.get('a'))?.createRevision).toBe(again.revision);
    });

    test('deleting what is not there is no change', async () => {
      const before = await store.revision();
      const result = await store.transact({ writes: [{ delete: 'nothing' }] });
      expect(result).toEqual({ succeeded: true, revision: before });
    });
  });

  describe(`${name}: transactions`, () => {
    test('only one of many that create the same document succeeds', async () => {
      const create = (value: number) =>
        store.transact({ compares: [{ key: 'name', modRevision: 0n }], writes: [{ put: 'name', value }] });
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => create(index)));
      expect(results.filter(({ succeeded }) => succeeded)).toHaveLength(1);
      expect((await store.get('name'))?.value).toBe(results.findIndex(({ succeeded }) => succeeded));
    });

    test('counting with compare loses no count, however many count at once', async () => {
      await put('count', 0);
      const count = async (): Promise<void> => {
        for (;;) {
          const entry = await store.get<number>('count');
          if (!entry) throw new Error('the count is gone');
          const { succeeded } = await store.transact({
            compares: [{ key: 'count', modRevision: entry.modRevision }],
            writes: [{ put: 'count', value: entry.value + 1 }],
          });
          if (succeeded) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, count));
      expect((await store.get('count'))?.value).toBe(20);
    });

    test('all writes of a transaction bear one revision', async () => {
      const { revision } = await store.transact({
        writes: ['a', 'b', 'c'].map((key) => ({ put: key, value: key })),
      });
      const entries = await store.range('');
      expect(entries.map(({ modRevision }) => modRevision)).toEqual([revision, revision, revision]);
    });
  });

  describe(`${name}: limits`, () => {
    const writes = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ put: `k${index}`, value: 1 }));
    const refused = { code: 'invalid' };

    test('a transaction has at most 100 compares and writes together', async () => {
      const compares = [{ key: 'k', modRevision: 0n }];
      await expect(store.transact({ writes: writes(100) })).resolves.toMatchObject({ succeeded: true });
      await expect(store.transact({ writes: writes(101) })).rejects.toMatchObject(refused);
      await expect(store.transact({ compares, writes: writes(100) })).rejects.toMatchObject(refused);
    });

    test('a value has at most 256 KiB as JSON text', async () => {
      const fits = 'é'.repeat((storeLimits.valueBytes - 2) / 2);
      await put('a', fits);
      expect((await store.get('a'))?.value).toBe(fits);
      await expect(put('a', `${fits}.`)).rejects.toMatchObject(refused);
    });

    test('a key has 1 to 1,024 bytes of well-formed text', async () => {
      const fits = 'é'.repeat(storeLimits.keyBytes / 2);
      await put(fits, 1);
      expect(await store.range('é')).toHaveLength(1);
      for (const key of ['', `${fits}.`, 'half \ud83d']) {
        await expect(put(key, 1)).rejects.toMatchObject(refused);
        await expect(store.get(key)).rejects.toMatchObject(refused);
      }
    });

    test('a transaction that writes a key twice is refused, and nothing of it is written', async () => {
      const twice = [{ put: 'a', value: 1 }, { put: 'b', value: 1 }, { delete: 'a' }];
      await expect(store.transact({ writes: twice })).rejects.toMatchObject(refused);
      expect(await store.range('')).toEqual([]);
    });
  });

  describe(`${name}: leases`, () => {
    const hold = async (key: string, ttlMs: number) => {
      const lease = await store.lease(ttlMs);
      await store.transact({ writes: [{ put: key, value: 1, lease }] });
      return lease;
    };
    /** Resolves when the store has written what the clock made it write. */
    const settled = () => store.transact({ writes: [] });

    test('documents vanish when their lease was not renewed in time, and watchers are told', async () => {
      const lease = await hold('held', 1000);
      const changes = store.watch('held', { signal: AbortSignal.timeout(10_000) });
      clock.advance(900);
      await lease.renew();
      clock.advance(900);
      await settled();
      expect(await store.get('held')).toBeDefined();
      clock.advance(100);
      expect(await firstOf(changes)).toMatchObject({ key: 'held', value: undefined });
      expect(await store.get('held')).toBeUndefined();
    });

    test('a lease ends neither sooner nor later when the clock is set', async () => {
      await hold('held', 1000);
      clock.set(clock.now() + 86_400_000);
      clock.advance(999);
      expect(await store.get('held')).toBeDefined();
      clock.set(clock.now() - 2 * 86_400_000);
      clock.advance(1);
      await expect.poll(() => store.get('held')).toBeUndefined();
    });

    test('a revoked lease takes its documents along and serves no more', async () => {
      const lease = await hold('held', 1000);
      await lease.revoke();
      expect(await store.get('held')).toBeUndefined();
      const write = store.transact({ writes: [{ put: 'held', value: 1, lease }] });
      await expect(write).rejects.toMatchObject({ code: 'not-found' });
      await expect(lease.renew()).rejects.toMatchObject({ code: 'not-found' });
    });

    test('a document that was written again without the lease stays', async () => {
      const lease = await hold('held', 1000);
      await put('held', 2);
      await lease.revoke();
      expect((await store.get('held'))?.value).toBe(2);
    });

    test('a time that no timer can wait for is refused', async () => {
      for (const ttlMs of [0, -1, Number.NaN, 2 ** 31]) {
        await expect(store.lease(ttlMs)).rejects.toMatchObject({ code: 'invalid' });
      }
    });
  });

  describe(`${name}: watches`, () => {
    test('a watch sees what happens after it was asked for, even before the first read', async () => {
      await put('a', 'before');
      const changes = store.watch('a', { signal: AbortSignal.timeout(10_000) });
      await put('a', 'after');
      expect(await firstOf(changes)).toMatchObject({ value: 'after' });
    });

    test('a watch ends when its signal aborts', async () => {
      const stop = new AbortController();
      const seen = collect(store.watch('a', { signal: stop.signal }));
      await put('a', 1);
      stop.abort();
      expect((await seen).length).toBeLessThanOrEqual(1);
    });

    test('a watcher that comes too late, or is too slow, is told to read again', async () => {
      await using short = await disposable(open(clock, { changes: 3, characters: 1000 }));
      const start = await short.store.revision();
      const changes = short.store.watch('', { after: start, signal: AbortSignal.timeout(10_000) });
      for (let value = 0; value < 4; value += 1) {
        await short.store.transact({ writes: [{ put: 'a', value }] });
      }
      await expect(firstOf(changes)).rejects.toMatchObject({ code: 'unavailable' });
      const resumed = short.store.watch('', { after: start + 1n, signal: AbortSignal.timeout(10_000) });
      expect(await firstOf(resumed)).toMatchObject({ value: 1 });
    });

    test('closing the store ends watches and refuses what comes after', async () => {
      await using other = await disposable(open(clock));
      const refused = { code: 'unavailable' };
      const change = firstOf(other.store.watch('', { signal: AbortSignal.timeout(10_000) }));
      const ended = expect(change).rejects.toMatchObject(refused);
      const written = other.store.transact({ writes: [{ put: 'a', value: 1 }] });
      await other.store.close();
      await ended;
      expect(await written).toMatchObject({ succeeded: true });
      await expect(other.store.get('a')).rejects.toMatchObject(refused);
    });
  });

  test(`${name}: any script of transactions, reads, leases and watches goes as in a simple model`, async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const ownClock = new FakeClock();
        await using fresh = await disposable(open(ownClock));
        await runAgainstModel(script, fresh.store, ownClock);
      }),
      { numRuns: scriptCount },
    );
  }, 60_000);
}

async function disposable(opening: Promise<OpenedStore>): Promise<OpenedStore & AsyncDisposable> {
  const opened = await opening;
  return { ...opened, [Symbol.asyncDispose]: () => opened.dispose() };
}

async function firstOf<T>(changes: AsyncIterable<Change<T>>): Promise<Change<T> | undefined> {
  for await (const change of changes) return change;
  return undefined;
}

async function collect<T>(changes: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const change of changes) all.push(change);
  return all;
}
