import { beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import { walkCrashes } from './crash-walk.ts';
import { JournalledOperations } from './journalled-operations.ts';
import type { OperationDefinition } from './operation.ts';
import { FakeLeaves, floors, House, houseDefinition, type HouseInput } from './test-house.ts';

const rooms = floors.flatMap((floor) => [`${floor} 1`, `${floor} 2`]);
const forever = new Promise<never>(() => {});

let store: Store;
let house: House;

beforeEach(async () => {
  store = await openMemoryStore();
  house = new House();
});

type Definition = ReturnType<typeof houseDefinition>;

const operationsOf = (leaves = new FakeLeaves()) =>
  new JournalledOperations({ store, leaves, logger: silentLogger });

const resolveTo = (definition: Definition | undefined) => () =>
  definition && {
    definition: definition as unknown as OperationDefinition<never, object, never>,
    deps: house,
  };

const start = (operations: JournalledOperations, definition: Definition, input: HouseInput) =>
  operations.start(definition, input, { project: 'default', deps: house });

/** Starts an operation in a daemon that stops for ever before `act`; resolves once it has. */
async function dieBefore(act: string, definition: Definition, name = 'home'): Promise<string> {
  const dead = new Promise<void>((resolve) => {
    house.before = (next) => {
      if (next !== act) return;
      resolve();
      return forever;
    };
  });
  const { id } = await start(operationsOf(), definition, { name });
  await dead;
  house.before = () => {};
  return id;
}

describe('after a crash at any moment, and another one at any moment of the recovery', () => {
  test.each(['finish', 'undo'] as const)(
    'an operation that is to %s is whole or was never there',
    async (afterCrash) => {
      const ways = await walkCrashes({
        definition: houseDefinition({ afterCrash }),
        input: { name: 'home' },
        makeWorld: async () => ({
          store: await openMemoryStore(),
          leaves: new FakeLeaves(),
          deps: new House(),
        }),
        async check({ deps }, recovered) {
          const isDone = recovered ? recovered.outcome === 'finished' : deps.rooms.length > 0;
          expect(deps.rooms).toEqual(isDone ? rooms : []);
          if (recovered) expect(recovered.outcome).toBe(afterCrash === 'finish' ? 'finished' : 'undone');
          if (afterCrash === 'finish') expect(isDone).toBe(true);
        },
      });
      expect(ways).toBeGreaterThan(50);
    },
  );
});

describe('recover', () => {
  test('goes on with the step that may be half done, knowing what the steps before it left', async () => {
    const definition = houseDefinition({ afterCrash: 'finish' });
    const id = await dieBefore('build hall 2', definition);
    const operations = operationsOf();
    const recovered = await operations.recover(resolveTo(definition));
    expect(recovered).toEqual([{ id, kind: 'house.build', outcome: 'finished' }]);
    expect(house.rooms).toEqual(rooms);
    expect(operations.get(id).view()).toMatchObject({ state: 'succeeded', result: { height: 3 } });
  });

  test('undoes the newest step first, and says why', async () => {
    const id = await dieBefore('build attic 2', houseDefinition());
    const operations = operationsOf();
    const recovered = await operations.recover(resolveTo(houseDefinition()));
    expect(recovered).toMatchObject([{ id, outcome: 'undone', fault: 'The daemon ended in the middle' }]);
    expect(operations.get(id).view()).toMatchObject({ state: 'failed', fault: { code: 'unavailable' } });
    expect(house.rooms).toEqual([]);
  });

  test('empties the leaf of the operation before it does anything else', async () => {
    const id = await dieBefore('build hall 2', houseDefinition());
    house.diary.length = 0;
    await operationsOf(new FakeLeaves(house.diary)).recover(resolveTo(houseDefinition()));
    expect(house.diary.slice(0, 2)).toEqual([`empty /leaf/${id}`, `enter /leaf/${id}`]);
    expect(house.diary.at(-1)).toBe(`empty /leaf/${id}`);
  });

  test('leaves all as it is when the leaf cannot be emptied', async () => {
    const definition = houseDefinition();
    await dieBefore('build hall 2', definition);
    const stuck = new FakeLeaves();
    stuck.empty = () => Promise.reject(new Error('a process is stuck'));
    const before = [...house.rooms];
    const recovered = await operationsOf(stuck).recover(resolveTo(definition));
    expect(recovered).toMatchObject([
      { outcome: 'failed', fault: expect.stringContaining('a process is stuck') },
    ]);
    expect(house.rooms).toEqual(before);
    expect(await operationsOf().recover(resolveTo(definition))).toMatchObject([{ outcome: 'undone' }]);
  });

  test('takes back what it cannot finish', async () => {
    const definition = houseDefinition({ afterCrash: 'finish' });
    await dieBefore('build hall 2', definition);
    house.before = (act) => {
      if (act === 'build attic 1') throw new Error('no bricks');
    };
    const recovered = await operationsOf().recover(resolveTo(definition));
    expect(recovered).toMatchObject([{ outcome: 'undone', fault: 'no bricks' }]);
    expect(house.rooms).toEqual([]);
  });

  test('goes on undoing what was being undone, even if its kind is to be finished', async () => {
    const definition = houseDefinition({ afterCrash: 'finish' });
    let dies: () => void = () => {};
    const dead = new Promise<void>((resolve) => {
      dies = resolve;
    });
    house.before = (act) => {
      if (act === 'build attic 1') throw new Error('no bricks');
      if (act !== 'tear down cellar 2') return;
      dies();
      return forever;
    };
    await start(operationsOf(), definition, { name: 'home' });
    await dead;
    house.before = () => {};
    const recovered = await operationsOf().recover(resolveTo(definition));
    expect(recovered).toMatchObject([{ outcome: 'undone', fault: 'no bricks' }]);
    expect(house.rooms).toEqual([]);
  });

  test('tries again what could not be undone, daemon after daemon', async () => {
    house.before = (act) => {
      if (act === 'build attic 1') throw new Error('no bricks');
      if (act === 'tear down hall 2') throw new Error('the door is locked');
    };
    const handle = await start(operationsOf(), houseDefinition(), { name: 'home' });
    expect(await handle.finished).toMatchObject({
      state: 'failed',
      fault: { message: 'no bricks. Taking it back failed too: the door is locked' },
    });
    expect(house.rooms).toEqual(['cellar 1', 'cellar 2', 'hall 1', 'hall 2']);
    const again = await operationsOf().recover(resolveTo(houseDefinition()));
    expect(again).toMatchObject([{ id: handle.id, outcome: 'failed' }]);
    house.before = () => {};
    const last = await operationsOf().recover(resolveTo(houseDefinition()));
    expect(last).toMatchObject([{ id: handle.id, outcome: 'undone', fault: 'no bricks' }]);
    expect(house.rooms).toEqual([]);
    expect(await operationsOf().recover(resolveTo(houseDefinition()))).toEqual([]);
  });

  test('takes them in the order in which they were started, and lets nobody in between', async () => {
    const definition = houseDefinition({ afterCrash: 'finish' });
    const first = await dieBefore('build cellar 1', definition, 'z');
    const second = await dieBefore('build cellar 1', definition, 'a');
    const operations = operationsOf();
    let refusal: unknown;
    house.before = async () => {
      refusal ??= await start(operations, definition, { name: 'a' }).catch((error: unknown) => error);
    };
    const recovered = await operations.recover(resolveTo(definition));
    expect(recovered.map(({ id }) => id)).toEqual([first, second]);
    expect(refusal).toMatchObject({ code: 'busy' });
  });

  test.each<[string, Definition | undefined, RegExp]>([
    ['of a kind that is not known', undefined, /knows no operation "house.build"/],
    ['whose steps are others now', houseDefinition({ steps: [] }), /other steps than cellar/],
    [
      'whose input cannot be read',
      houseDefinition({
        describe: () => {
          throw new Error('no name');
        },
      }),
      /cannot read the input of "house.build": no name/,
    ],
  ])('leaves and reports an operation %s', async (_, definition, fault) => {
    const id = await dieBefore('build cellar 2', houseDefinition());
    const recovered = await operationsOf().recover(resolveTo(definition));
    expect(recovered).toEqual([
      { id, kind: 'house.build', outcome: 'failed', fault: expect.stringMatching(fault) },
    ]);
    expect(await operationsOf().recover(resolveTo(houseDefinition()))).toMatchObject([{ outcome: 'undone' }]);
  });
});
