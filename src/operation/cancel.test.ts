import { beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { BuildingSite, floors, houseDefinition, untilAborted } from './test-house.ts';

let site: BuildingSite;

beforeEach(async () => {
  site = new BuildingSite(await openMemoryStore());
});

describe('cancel', () => {
  const acts = floors.flatMap((floor) => [`build ${floor} 1`, `build ${floor} 2`]);

  test.each(acts)('before "%s" interrupts it and takes everything back', async (act) => {
    const reached = new Promise<void>((resolve) => {
      site.house.before = (next, signal) => {
        if (next !== act) return;
        resolve();
        return untilAborted(signal);
      };
    });
    const { id, finished } = await site.build();
    await reached;
    site.operations.cancel(id);
    expect(site.operations.get(id).view()).toMatchObject({ state: 'cancelling', isCancellable: false });
    expect(await finished).toMatchObject({ state: 'cancelled', fault: undefined });
    expect(site.house.rooms).toEqual([]);
    expect(await site.journals()).toEqual([]);
  });

  test('of a step that does not listen takes effect when that step ends', async () => {
    const { reached, letGo } = site.holdBefore('build hall 1');
    const { id, finished } = await site.build();
    await reached;
    site.operations.cancel(id);
    letGo();
    expect(await finished).toMatchObject({ state: 'cancelled' });
    expect(site.house.diary).not.toContain('build attic 1');
    expect(site.house.rooms).toEqual([]);
  });

  test('comes too late when the last step ends all the same', async () => {
    const { reached, letGo } = site.holdBefore('build attic 2');
    const { id, finished } = await site.build();
    await reached;
    site.operations.cancel(id);
    letGo();
    expect(await finished).toMatchObject({ state: 'succeeded' });
    expect(site.house.rooms).toHaveLength(6);
  });

  test('twice is as good as once', async () => {
    const { reached, letGo } = site.holdBefore('build hall 1');
    const { id, finished } = await site.build();
    await reached;
    site.operations.cancel(id);
    site.operations.cancel(id);
    letGo();
    expect(await finished).toMatchObject({ state: 'cancelled' });
  });

  test('is refused for what cannot be interrupted, is being taken back, has ended, or is not there', async () => {
    const firm = houseDefinition({ isCancellable: false });
    const { reached, letGo } = site.holdBefore('build hall 1');
    const { id, finished } = await site.build('home', firm);
    await reached;
    const refusal = (message: string) => expect.objectContaining({ code: 'wrong-state', message });
    expect(() => site.operations.cancel(id)).toThrow(
      refusal('Cannot cancel "Building home": it cannot be interrupted'),
    );
    letGo();
    await finished;
    expect(() => site.operations.cancel(id)).toThrow(
      refusal('Cannot cancel "Building home": it has succeeded already'),
    );
    expect(() => site.operations.cancel('nothing')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  test('is refused while what failed is being taken back', async () => {
    let refusal: unknown;
    const { id, finished } = await site.build(
      'home',
      houseDefinition({
        steps: [
          {
            name: 'fail',
            do: () => Promise.reject(new Error('no bricks')),
            async undo({ operationId }) {
              try {
                site.operations.cancel(operationId);
              } catch (error) {
                refusal = error;
              }
            },
          },
        ],
      }),
    );
    expect(await finished).toMatchObject({ id, state: 'failed' });
    expect(refusal).toMatchObject({ code: 'wrong-state' });
  });

  test('does not abort the signal of the undo', async () => {
    const signals: AbortSignal[] = [];
    site.house.before = (act, signal) => {
      if (act.startsWith('tear')) signals.push(signal);
      return act === 'build hall 1' ? untilAborted(signal) : undefined;
    };
    const { id, finished } = await site.build();
    while (!site.house.diary.includes('build cellar 2')) await Promise.resolve();
    site.operations.cancel(id);
    await finished;
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.every(({ aborted }) => !aborted)).toBe(true);
  });
});

describe('close', () => {
  test('refuses new operations, cancels what it can and waits for the rest', async () => {
    const firm = houseDefinition({ isCancellable: false });
    const { reached, letGo } = site.holdBefore('build hall 1');
    const slow = await site.build('a', firm);
    const loose = site.operations.session(
      { kind: 'exec', description: 'Running sh', resources: {}, project: 'default' },
      untilAborted,
    );
    await reached;
    const closed = site.operations.close(60_000);
    await expect(site.build('b')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await loose.finished).toMatchObject({ state: 'cancelled' });
    letGo();
    await closed;
    expect(slow.view().state).toBe('succeeded');
  });

  test('waits no longer than it is told to: the next daemon recovers the rest', async () => {
    const { reached } = site.holdBefore('build hall 1');
    await site.build('a', houseDefinition({ isCancellable: false }));
    await reached;
    await site.operations.close(1);
    expect(await site.journals()).toHaveLength(1);
  });
});
