import { beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { OperationHandle } from './operation.ts';
import { BuildingSite, floors, houseDefinition } from './test-house.ts';

let site: BuildingSite;

beforeEach(async () => {
  site = new BuildingSite(await openMemoryStore());
});

describe('an operation', () => {
  test('runs its steps in order and shows what came of them', async () => {
    const handle = await site.build();
    const view = await handle.finished;
    expect(view).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
      kind: 'house.build',
      description: 'Building home',
      resources: { houses: ['home'] },
      project: 'default',
      state: 'succeeded',
      result: { height: 3 },
      fault: undefined,
      isCancellable: false,
    });
    expect(site.house.rooms).toHaveLength(6);
    expect(await site.journals()).toEqual([]);
  });

  test('is in the journal before each step acts, with what the steps before it left', async () => {
    const seen: unknown[] = [];
    site.house.before = async (act) => {
      if (act.endsWith('1')) seen.push(...(await site.journals()));
    };
    await (await site.build()).finished;
    expect(seen).toMatchObject([
      { begun: ['cellar'], input: { name: 'home' }, work: {} },
      { begun: ['cellar', 'hall'], work: { height: 1 } },
      { begun: ['cellar', 'hall', 'attic'], work: { height: 2 } },
    ]);
  });

  test('can write its work to the journal in the middle of a step', async () => {
    const seen: unknown[] = [];
    const step = {
      name: 'choose',
      async do({ work, remember }: { work: { height?: number }; remember(): Promise<void> }) {
        work.height = 7;
        await remember();
        seen.push(...(await site.journals()));
      },
    };
    await (await site.build('home', houseDefinition({ steps: [step] }))).finished;
    expect(seen).toMatchObject([{ begun: ['choose'], work: { height: 7 } }]);
  });

  test('runs every step in its own leaf, which is empty when it has ended', async () => {
    const { id, finished } = await site.build();
    await finished;
    const entered = floors.map(() => `enter /leaf/${id}`);
    expect(site.leaves.diary).toEqual([...entered, `empty /leaf/${id}`]);
  });

  test('does not begin when it cannot be journalled, and holds nothing then', async () => {
    await site.store.close();
    await expect(site.build()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(site.build()).rejects.toMatchObject({ code: 'unavailable' });
    expect(site.house.diary).toEqual([]);
  });

  test('can be found by its id, in the list of its project and in the list of all', async () => {
    const handle = await site.build('home', houseDefinition(), 'village');
    expect(site.operations.get(handle.id).view()).toEqual(handle.view());
    expect(site.operations.list('village').map(({ id }) => id)).toEqual([handle.id]);
    expect(site.operations.list('default')).toEqual([]);
    expect(site.operations.list()).toHaveLength(1);
    expect(() => site.operations.get('another')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});

describe('a step that fails', () => {
  test('has everything taken back, the newest first, and its fault shown', async () => {
    site.house.before = (act) => {
      if (act === 'build attic 2') throw new Fault('insufficient', 'no bricks left', { hint: 'Buy some.' });
    };
    const view = await (await site.build()).finished;
    expect(view).toMatchObject({
      state: 'failed',
      fault: { code: 'insufficient', message: 'no bricks left', hint: 'Buy some.' },
    });
    expect(site.house.diary.filter((act) => act.startsWith('tear'))).toEqual(
      ['attic', 'hall', 'cellar'].flatMap((floor) => [`tear down ${floor} 2`, `tear down ${floor} 1`]),
    );
    expect(site.house.rooms).toEqual([]);
    expect(await site.journals()).toEqual([]);
  });

  test('has its programs ended before anything is taken back', async () => {
    const { diary } = site.leaves;
    site.house.before = (act) => {
      diary.push(act);
      if (act === 'build cellar 2') throw new Error('no bricks left');
    };
    const { id, finished } = await site.build();
    await finished;
    expect(diary).toEqual([
      `enter /leaf/${id}`,
      'build cellar 1',
      'build cellar 2',
      `empty /leaf/${id}`,
      `enter /leaf/${id}`,
      'tear down cellar 2',
      'tear down cellar 1',
      `empty /leaf/${id}`,
    ]);
  });

  test('stays in the journal with what could not be taken back; the steps before it are not touched', async () => {
    site.house.before = (act) => {
      if (act === 'build attic 1') throw new Fault('insufficient', 'no bricks left');
      if (act === 'tear down hall 1') throw new Error('the door is locked');
    };
    const view = await (await site.build()).finished;
    expect(view).toMatchObject({
      state: 'failed',
      fault: {
        code: 'insufficient',
        message: 'no bricks left. Taking it back failed too: the door is locked',
        hint: expect.stringContaining('"Building home"'),
      },
    });
    expect(site.house.rooms).toEqual(['cellar 1', 'cellar 2', 'hall 1']);
    expect(await site.journals()).toMatchObject([
      { begun: ['cellar', 'hall'], undoing: { isCancelled: false } },
    ]);
  });

  test('is not undone while that cannot be journalled', async () => {
    site.house.before = async (act) => {
      if (act !== 'build hall 1') return;
      await site.store.close();
      throw new Error('no bricks left');
    };
    expect(await (await site.build()).finished).toMatchObject({ state: 'failed' });
    expect(site.house.rooms).toEqual(['cellar 1', 'cellar 2']);
  });
});

describe('two operations', () => {
  test('on the same object do not go on at once: the second is told what the first one does', async () => {
    const { reached, letGo } = site.holdBefore('build hall 1');
    const first = await site.build();
    await reached;
    await expect(site.build()).rejects.toMatchObject({
      code: 'busy',
      message: 'Cannot begin "Building home" while "Building home" is going on',
      hint: expect.stringContaining(first.id),
    });
    letGo();
    await first.finished;
    expect(await (await site.build()).finished).toMatchObject({ state: 'succeeded' });
  });

  test('on different objects, or on the same name in two projects, go on at once', async () => {
    const { reached, letGo } = site.holdBefore('build cellar 1');
    const all = await Promise.all([
      site.build('a'),
      site.build('b'),
      site.build('a', houseDefinition(), 'village'),
    ]);
    await reached;
    expect(site.operations.list().map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    letGo();
    await Promise.all(all.map(({ finished }) => finished));
  });

  test('of which one needs several objects: it gets all of them or none', async () => {
    const pair = houseDefinition({ resources: ({ name }) => ({ houses: name.split('+') }) });
    const { reached, letGo } = site.holdBefore('build hall 1');
    const first = await site.build('a+b', pair);
    await reached;
    await expect(site.build('c+b', pair)).rejects.toMatchObject({ code: 'busy' });
    const third = await site.build('c', pair);
    letGo();
    await Promise.all([first.finished, third.finished]);
  });

  test('whoever hears that one has ended may begin the next', async () => {
    let next: Promise<OperationHandle> | undefined;
    site.operations.onChange((view) => {
      if (view.state === 'succeeded') next ??= site.build();
    });
    await (await site.build()).finished;
    expect(await (await next)?.finished).toMatchObject({ state: 'succeeded' });
  });
});
