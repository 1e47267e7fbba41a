import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import { updateInstance } from './operations/update.ts';
import type { StateChange } from './instances.ts';
import { until } from './test-until.ts';
import { TestWorld } from './test-world.ts';

// What happens between the moment at which something is looked at and the one at which it is acted on.

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.make();
});
afterEach(() => world[Symbol.asyncDispose]());

const state = async (name: string) => (await world.instances.get('default', name)).state;
const begin = (name: string, action: StateChange['action']) =>
  world.instances.changeState('default', name, { action, force: true, timeoutSeconds: undefined });
const change = (name: string, action: StateChange['action']) => world.ended(begin(name, action));

test('an ephemeral instance that is renamed while its end is cleared away is deleted under its new name', async () => {
  const nothing = world.holdings();
  await world.create({ start: true, ephemeral: true });
  const id = await world.id('one');
  const { records } = world.deps;
  const byId = records.byId.bind(records);
  // The one who reacts to the end has read the document before the rename, and deletes after it.
  records.byId = async (project, wanted) => {
    const document = await byId(project, wanted);
    records.byId = byId;
    await world.ended(world.instances.rename('default', 'one', 'two'));
    return document;
  };
  world.engine.end(id, 'power-off');
  await until(async () => (await world.instances.list('default')).length === 0);
  assert.deepEqual(world.holdings(), nothing);
  assert.deepEqual(await world.store.range('default/instance-name/'), []);
});

/** Its init has ended by itself, and nobody has heard of it yet. */
const endUnheard = async (name: string) => void world.engine.runs.delete(await world.id(name));
const journals = async () => (await world.store.range('operation/')).map(({ value }) => value);

test('an update of what has ended at that moment is written, and leaves nothing to be taken back', async () => {
  await world.create({ start: true });
  await endUnheard('one');
  const change = { config: { 'limits.processes': '77' } };
  const { state } = await world.ended(world.instances.update('default', 'one', change, undefined));
  assert.equal(state, 'succeeded');
  assert.deepEqual(await journals(), []);
});

test('a pause of what has ended at that moment is refused, and does not keep it from being cleared away', async () => {
  await world.create({ start: true });
  await endUnheard('one');
  assert.equal((await change('one', 'freeze')).fault?.code, 'wrong-state');
  assert.equal(await state('one'), 'running');
  assert.deepEqual(await journals(), []);
});

test('an update that is taken back late leaves alone what others have changed since', async () => {
  await world.create();
  const { instance: before } = await world.instances.get('default', 'one');
  const input = {
    id: before.id,
    name: 'one',
    before,
    after: { ...before, description: 'never' },
    isForced: false,
  };
  const entry = {
    id: 'late',
    kind: updateInstance.kind,
    project: 'default',
    input,
    begun: ['write', 'apply'],
  };
  await world.store.transact({
    writes: [{ put: 'operation/late', value: { ...entry, work: {}, createdAt: '' } }],
  });
  const devices = { eth1: { type: 'nic' } };
  await world.ended(world.instances.update('default', 'one', { devices }, undefined));
  await world.operations.recover(() => ({ definition: updateInstance, deps: world.deps }));
  assert.deepEqual(world.networks.devicesOf(before.id), ['eth0', 'eth1']);
  assert.deepEqual(await journals(), []);
});

/** Lets the reader of the next document wait, as a slow disk would, until `work` has ended. */
function betweenReadAndLock(work: () => Promise<unknown>): void {
  const { records } = world.deps;
  const get = records.get.bind(records);
  records.get = async (project, name) => {
    const document = await get(project, name);
    records.get = get;
    await work();
    return document;
  };
}

test('an instance that is renamed while something is asked for by its old name is not touched by that', async () => {
  await world.create({ start: true });
  betweenReadAndLock(async () => world.ended(world.instances.rename('default', 'one', 'two')));
  await assert.rejects(change('one', 'stop'), { code: 'not-found', message: 'There is no instance "one"' });
  assert.equal(await state('two'), 'running');
});

test('whoever found an instance by an old name is refused while others work on it under its new one', async () => {
  await world.create({ start: true });
  let restarting: Promise<unknown> = Promise.resolve();
  betweenReadAndLock(async () => {
    await world.ended(world.instances.rename('default', 'one', 'two'));
    restarting = (await begin('two', 'restart')).finished;
  });
  await assert.rejects(change('one', 'stop'), { code: 'busy' });
  await restarting;
  assert.equal(await state('two'), 'running');
});
