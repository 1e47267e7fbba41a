import { beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { OperationView } from '#model/operation.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { BuildingSite, houseDefinition, untilAborted } from './test-house.ts';

let site: BuildingSite;

beforeEach(async () => {
  site = new BuildingSite(await openMemoryStore());
});

describe('listeners', () => {
  const listen = (): OperationView[] => {
    const seen: OperationView[] = [];
    site.operations.onChange((view) => seen.push(view));
    return seen;
  };

  test('hear of every state, and one that throws disturbs nobody', async () => {
    site.operations.onChange(() => {
      throw new Error('listener');
    });
    const seen = listen();
    await (await site.build()).finished;
    expect(seen.map(({ state }) => state)).toEqual(['running', 'succeeded']);
  });

  test('hear of progress at most ten times a second, and of the newest', async () => {
    let report: (percent: number) => void = () => {};
    let finish: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const step = {
      name: 'report',
      do(context: { report(progress: { stage: string; percent: number }): void }) {
        report = (percent) => context.report({ stage: 'Laying bricks', percent });
        return done;
      },
    };
    const handle = await site.build('home', houseDefinition({ steps: [step] }));
    const seen = listen();
    const heard = (): (number | undefined)[] => seen.map(({ progress }) => progress?.percent);
    for (let percent = 1; percent <= 50; percent += 1) report(percent);
    expect(heard()).toEqual([1]);
    expect(handle.view().progress?.percent).toBe(50);
    site.clock.advance(100);
    expect(heard()).toEqual([1, 50]);
    site.clock.advance(1000);
    report(51);
    report(52);
    finish();
    await handle.finished;
    site.clock.advance(1000);
    expect(heard()).toEqual([1, 50, 51, undefined]);
    expect(await site.journals()).toEqual([]);
  });
});

describe('finished operations', () => {
  test('can be read for half a minute', async () => {
    const { id, finished } = await site.build();
    await finished;
    site.clock.advance(29_999);
    expect(site.operations.get(id).view().state).toBe('succeeded');
    site.clock.advance(1);
    expect(() => site.operations.get(id)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  test('are at most 200, but each can be read for 5 seconds', async () => {
    const session = async (): Promise<void> => {
      const options = { kind: 'exec', description: 'Running a command', resources: {}, project: 'default' };
      await site.operations.session(options, async () => ({})).finished;
    };
    for (let count = 0; count < 250; count += 1) await session();
    expect(site.operations.list()).toHaveLength(250);
    site.clock.advance(5_000);
    await session();
    expect(site.operations.list()).toHaveLength(200);
  });
});

describe('a session', () => {
  const options = {
    kind: 'exec',
    description: 'Running sh',
    resources: { houses: ['home'] },
    project: 'default',
  };

  test('shows its first result at once and adds what it resolves to', async () => {
    const handle = site.operations.session({ ...options, result: { fds: 'secrets' } }, async () => ({
      return: 0,
    }));
    expect(handle.view()).toMatchObject({
      state: 'running',
      result: { fds: 'secrets' },
      isCancellable: true,
    });
    expect(await handle.finished).toMatchObject({
      state: 'succeeded',
      result: { fds: 'secrets', return: 0 },
    });
  });

  test('is not journalled, and disturbs neither other sessions nor operations on the same object', async () => {
    let end: () => void = () => {};
    const going = new Promise<Record<string, unknown>>((resolve) => {
      end = () => resolve({});
    });
    const sessions = [
      site.operations.session(options, () => going),
      site.operations.session(options, () => going),
    ];
    expect(await site.journals()).toEqual([]);
    expect(await (await site.build()).finished).toMatchObject({ state: 'succeeded' });
    end();
    await Promise.all(sessions.map(({ finished }) => finished));
  });

  test('that is cancelled ends as cancelled, one that fails shows its fault', async () => {
    const cancelled = site.operations.session(options, untilAborted);
    await Promise.resolve();
    site.operations.cancel(cancelled.id);
    expect(await cancelled.finished).toMatchObject({ state: 'cancelled', fault: undefined });
    const failed = site.operations.session(options, () =>
      Promise.reject(new Fault('not-found', 'no such command')),
    );
    expect(await failed.finished).toMatchObject({ state: 'failed', fault: { code: 'not-found' } });
  });
});
