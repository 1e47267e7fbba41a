import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'vitest';
import type { InstanceType } from '#model/instance.ts';
import { isFinal, type OperationView } from '#model/operation.ts';
import { walkFullDisk } from '#operation/full-disk-walk.ts';
import type { SmallDisk } from '#operation/small-disk.ts';
import { TestWorld } from '../test-world.ts';

type Act = (world: TestWorld) => Promise<OperationView>;

const worlds: TestWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

const create =
  (type: InstanceType, start: boolean): Act =>
  (world) =>
    world.create({ type, start, source: { alias: 'either' } });

const change =
  (action: 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze'): Act =>
  (world) => {
    const wanted = { action, force: true, timeoutSeconds: undefined };
    return world.ended(world.instances.changeState('default', 'one', wanted));
  };

const update: Act = (world) => {
  const config = { 'user.note': 'new', 'boot.autostart.priority': '7' };
  return world.ended(world.instances.update('default', 'one', { config }, undefined));
};

/** The init of a running instance asks for a reboot. Resolves when that was dealt with. */
const reboot: Act = async (world) => {
  const id = await world.id('one');
  [world.engine, world.machines].find(({ runs }) => runs.has(id))?.end(id, 'reboot');
  for (;;) {
    const settling = world.operations.list().find(({ kind }) => kind === 'instance.settle');
    if (settling && isFinal(settling.state)) return settling;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** All that there is of instances, without what differs from one to the next. */
async function look(world: TestWorld): Promise<unknown> {
  const views = await world.instances.list('default');
  const runs = new Map([...world.engine.runs, ...world.machines.runs]);
  const instances = views.map(async ({ instance, state }) => {
    const { id, name, wants, config } = instance;
    const kept = (await world.store.get<{ state: string }>(`run/${id}`))?.value.state;
    const own = Object.entries(config).filter(([key]) => !key.startsWith('volatile.'));
    return { name, wants, config: own, state, kept, isPaused: runs.get(id)?.isPaused };
  });
  const { idRanges: _, ...holdings } = world.holdings(); // one is kept from the first start to the deletion
  const journals = await world.store.range('operation/');
  return { instances: await Promise.all(instances), holdings, journals };
}

describe.each<InstanceType>(['container', 'virtual-machine'])('of a %s', (type) => {
  const running = create(type, true);
  const stopped = create(type, false);
  const remove: Act = (world) => world.ended(world.instances.delete('default', 'one'));
  const rename: Act = (world) => world.ended(world.instances.rename('default', 'one', 'two'));

  const walk = (found: Act[], act: Act) => ({
    act,
    look,
    async makeWorld(disk: SmallDisk) {
      const world = await TestWorld.make(disk);
      worlds.push(world);
      for (const step of found) assert.equal((await step(world)).state, 'succeeded');
      return world;
    },
  });

  test.each([
    ['creation', [], running],
    ['start', [stopped], change('start')],
    ['rename', [running], rename],
    ['update', [running], update],
    ['pause', [running], change('freeze')],
  ])('a %s for which there is no room leaves everything as it was', async (_, found, act) => {
    assert.ok((await walkFullDisk(walk(found, act), { hasReserve: true })) >= 2);
    assert.ok((await walkFullDisk(walk(found, act), { hasReserve: false })) >= 2);
  });

  test.each([
    ['stop', [running], change('stop')],
    ['restart', [running], change('restart')],
    ['resume', [running, change('freeze')], change('unfreeze')],
    ['reboot from inside', [running], reboot],
    ['deletion', [stopped], remove],
  ])('a %s has room on the fullest disk', async (_, found, act) => {
    assert.equal(await walkFullDisk(walk(found, act), { hasReserve: true }), 0);
  });
});
