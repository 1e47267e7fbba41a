import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import { updateInstance } from './operations/update.ts';
import { request } from './test-request.ts';
import { TestWorld } from './test-world.ts';
import { until } from './test-until.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.make();
});
afterEach(() => world[Symbol.asyncDispose]());

const nothing = { runs: 0, remains: 0, roots: 0, idRanges: 0, nics: 0, admitted: 0, runtimes: 0 };
const state = async (name: string) => (await world.instances.get('default', name)).state;
const change = (name: string, action: 'start' | 'stop' | 'restart' | 'freeze' | 'unfreeze', force = true) =>
  world.ended(world.instances.changeState('default', name, { action, force, timeoutSeconds: undefined }));

test('a created instance has a disk, an address and its image’s properties, and is stopped', async () => {
  assert.equal((await world.create()).state, 'succeeded');
  const view = await world.instances.get('default', 'one');
  assert.equal(view.state, 'stopped');
  assert.equal(view.instance.config['image.os'], 'Test');
  assert.equal(view.instance.config['volatile.base_image.alias'], 'test');
  assert.equal(view.expandedDevices['eth0']?.['type'], 'nic');
  assert.deepEqual([world.roots.size, world.networks.reserved.size], [1, 1]);
});

test('create and start is all or nothing: when the start fails, nothing remains', async () => {
  world.engine.failNext('start', new Fault('host', 'crun says no'));
  const operation = await world.create({ start: true });
  assert.equal(operation.state, 'failed');
  assert.equal(operation.fault?.message, 'crun says no');
  assert.deepEqual(world.holdings(), nothing);
  assert.deepEqual(await world.instances.list('default'), []);
  assert.equal((await world.create({ start: true })).state, 'succeeded');
});

test('an update of what somebody else has changed meanwhile is refused, and takes nothing back', async () => {
  await world.create();
  const { instance: before } = await world.instances.get('default', 'one');
  const written = world.instances.update('default', 'one', { config: { 'user.a': '1' } }, undefined);
  assert.equal((await world.ended(written)).state, 'succeeded');
  const input = {
    id: before.id,
    name: 'one',
    before,
    after: { ...before, ephemeral: true },
    isForced: false,
  };
  const options = { project: 'default', deps: world.deps };
  const late = await world.ended(world.operations.start(updateInstance, input, options));
  assert.equal(late.fault?.code, 'conflict');
  const { instance } = await world.instances.get('default', 'one');
  assert.deepEqual([instance.config['user.a'], instance.ephemeral], ['1', false]);
});

test('what a profile changes reaches an instance that others work on, and they do not notice', async () => {
  await world.create({ start: true });
  const { instance } = await world.instances.get('default', 'one');
  const restarting = change('one', 'restart');
  const { value, ...entry } = await world.deps.profiles.get('default', 'default');
  const profile = { ...value, config: { 'limits.processes': '77' } };
  await world.deps.profiles.replace({ value, ...entry }, profile);
  const reapplying = world.instances.reapply([instance]);
  assert.equal((await restarting).state, 'succeeded');
  assert.equal((await change('one', 'freeze')).state, 'succeeded');
  await reapplying;
  const { inEffect } = world.deps.runtimes.get(instance.id);
  assert.equal(inEffect?.config['limits.processes'], '77');
});

test('a daemon applies what the one before it wrote into a profile and could not apply, and nothing else', async () => {
  await world.create({ start: true });
  await world.create({ name: 'own', start: true, config: { 'limits.processes': '500' } });
  await world.create({ name: 'off' });
  const { value, ...entry } = await world.deps.profiles.get('default', 'default');
  const config = { 'limits.processes': '77', 'security.privileged': 'true' };
  await world.deps.profiles.replace({ value, ...entry }, { ...value, config });
  const updates = () => world.operations.list().filter(({ kind }) => kind === updateInstance.kind).length;
  await world.instances.reapplyAll('default');
  const { inEffect } = world.deps.runtimes.get(await world.id('one'));
  assert.deepEqual(inEffect?.config['limits.processes'], '77');
  assert.equal(updates(), 1);
  await world.instances.reapplyAll('default');
  assert.equal(updates(), 1);
});

test('a taken name is refused, whatever its case', async () => {
  await world.create();
  await assert.rejects(world.instances.create(request({ name: 'ONE' })), { code: 'exists' });
  assert.equal(world.roots.size, 1);
});

test('two creations of one name at the same time: one succeeds', async () => {
  const outcomes = await Promise.allSettled([world.create(), world.create()]);
  const good = outcomes.filter(
    (outcome) => outcome.status === 'fulfilled' && outcome.value.state === 'succeeded',
  );
  assert.equal(good.length, 1);
  assert.equal(world.roots.size, 1);
});

test.each([
  ['a malformed name', { name: '-x' }, 'invalid'],
  ['an unknown key', { config: { 'limits.memmory': '1GiB' } }, 'invalid'],
  ['a bad value', { config: { 'limits.memory': 'much' } }, 'invalid'],
  ['an unknown device type', { devices: { x: { type: 'flux' } } }, 'invalid'],
  ['an unknown profile', { profiles: ['none'] }, 'not-found'],
  ['an unknown image', { source: { alias: 'none' } }, 'not-found'],
  ['a type that the image does not serve', { type: 'virtual-machine' as const }, 'unsupported'],
])('%s is refused before anything is made', async (_, over, code) => {
  await assert.rejects(world.create(over), { code });
  assert.deepEqual(world.holdings(), nothing);
});

test('it starts, pauses, resumes, stops and is deleted, and nothing remains', async () => {
  await world.create();
  await change('one', 'start');
  assert.equal(await state('one'), 'running');
  await change('one', 'freeze');
  assert.equal(await state('one'), 'paused');
  await change('one', 'unfreeze');
  assert.equal(await state('one'), 'running');
  await change('one', 'stop');
  assert.equal(await state('one'), 'stopped');
  assert.deepEqual([world.engine.remains.size, world.networks.admitted.size], [0, 0]);
  await world.ended(world.instances.delete('default', 'one'));
  assert.deepEqual(world.holdings(), nothing);
});

test('what a state does not allow is refused with what would', async () => {
  await world.create({ start: true });
  await assert.rejects(world.instances.delete('default', 'one'), {
    code: 'wrong-state',
    message: 'Cannot delete "one": it is running',
    hint: 'delete works when an instance is stopped or failed.',
  });
  await assert.rejects(change('one', 'start'), { code: 'wrong-state' });
});

test('a failed start leaves it stopped and startable', async () => {
  await world.create();
  world.engine.failNext('start');
  assert.equal((await change('one', 'start')).state, 'failed');
  assert.equal(await state('one'), 'stopped');
  assert.equal((await change('one', 'start')).state, 'succeeded');
});

test('a restart whose start fails leaves it stopped and startable', async () => {
  await world.create({ start: true });
  world.engine.failNext('start');
  assert.equal((await change('one', 'restart')).state, 'failed');
  assert.equal(await state('one'), 'stopped');
  assert.equal((await change('one', 'start')).state, 'succeeded');
});

test('a stop that fails leaves it running and stoppable', async () => {
  await world.create({ start: true });
  world.engine.failNext('stop');
  assert.equal((await change('one', 'stop')).state, 'failed');
  assert.equal(await state('one'), 'running');
  assert.equal((await change('one', 'stop')).state, 'succeeded');
});

test('a power-off from inside ends as stopped, with nothing left on the host', async () => {
  await world.create({ start: true });
  world.engine.end(await world.id('one'), 'power-off');
  await until(async () => (await state('one')) === 'stopped');
  assert.deepEqual([world.engine.remains.size, world.networks.admitted.size], [0, 0]);
});

test('a reboot from inside starts it again', async () => {
  await world.create({ start: true });
  const id = await world.id('one');
  const before = world.engine.runs.get(id)?.handle.pid;
  world.engine.end(id, 'reboot');
  await until(
    async () =>
      (world.engine.runs.get(id)?.handle.pid ?? before) !== before && (await state('one')) === 'running',
  );
});

test('a crash is shown as failed, and autorestart starts it again', async () => {
  await world.create({ start: true });
  world.engine.end(await world.id('one'), 'crashed');
  await until(async () => (await state('one')) === 'failed');
  await world.create({ name: 'two', start: true, config: { 'boot.autorestart': 'true' } });
  const id = await world.id('two');
  const before = world.engine.runs.get(id)?.handle.pid;
  world.engine.end(id, 'crashed');
  await until(
    async () =>
      (world.engine.runs.get(id)?.handle.pid ?? before) !== before && (await state('two')) === 'running',
  );
});

test('an ephemeral instance is deleted when it stops, from outside or from inside', async () => {
  await world.create({ start: true, ephemeral: true });
  await change('one', 'stop');
  assert.deepEqual(await world.instances.list('default'), [], 'whoever stopped it may use its name');
  await world.create({ start: true, ephemeral: true });
  world.engine.end(await world.id('one'), 'power-off');
  await until(async () => (await world.instances.list('default')).length === 0);
  assert.deepEqual(world.holdings(), nothing);
});

test('a rename keeps the run and moves the name', async () => {
  await world.create({ start: true });
  const id = await world.id('one');
  await world.ended(world.instances.rename('default', 'one', 'two'));
  assert.equal(await world.id('two'), id);
  assert.equal(await state('two'), 'running');
  assert.equal(world.networks.names.get(id), 'two');
  await assert.rejects(world.instances.get('default', 'one'), { code: 'not-found' });
  await world.create();
  await assert.rejects(world.instances.rename('default', 'one', 'two'), { code: 'exists' });
});

test('a change with an old etag is refused, one with the current etag is applied while it runs', async () => {
  await world.create({ start: true });
  const { etag } = await world.instances.get('default', 'one');
  const limit = (memory: string) => ({ config: { 'limits.memory': memory } });
  await world.ended(world.instances.update('default', 'one', limit('1GiB'), etag));
  assert.equal(world.engine.runs.get(await world.id('one'))?.plan.settings['limits.memory'], 2 ** 30);
  await assert.rejects(world.instances.update('default', 'one', limit('2GiB'), etag), { code: 'conflict' });
});

test('a change that is not live waits for the next start, is shown, and can be taken back', async () => {
  await world.create({ start: true });
  const set = (config: Record<string, string>) =>
    world.ended(world.instances.update('default', 'one', { config }, undefined));
  const pending = async () => (await world.instances.get('default', 'one')).pending;
  const settings = async () => world.engine.runs.get(await world.id('one'))?.plan.settings;
  await set({ 'limits.memory': '1GiB', 'security.privileged': 'true' });
  assert.deepEqual(await pending(), [{ key: 'security.privileged', running: undefined, configured: 'true' }]);
  assert.equal((await settings())?.['security.privileged'], false, 'as it was started');
  assert.equal((await settings())?.['limits.memory'], 2 ** 30);
  await set({ 'limits.memory': '1GiB' });
  assert.deepEqual(await pending(), []);
  await set({ 'security.privileged': 'true' });
  await change('one', 'restart');
  assert.deepEqual(await pending(), []);
  assert.equal((await settings())?.['security.privileged'], true);
});

test('what a profile changes waits in the same way', async () => {
  await world.create({ start: true });
  const { value, ...entry } = await world.deps.profiles.get('default', 'default');
  await world.deps.profiles.replace(
    { ...entry, value },
    { ...value, config: { 'security.privileged': 'true' } },
  );
  const { instance, pending } = await world.instances.get('default', 'one');
  assert.deepEqual(
    pending.map(({ key }) => key),
    ['security.privileged'],
  );
  await world.instances.reapply([instance]);
  assert.equal((await world.instances.get('default', 'one')).pending.length, 1);
});

test('when the engine refuses a change, the configuration is as it was', async () => {
  await world.create({ start: true });
  world.engine.failNext('update');
  const operation = await world.ended(
    world.instances.update('default', 'one', { config: { 'limits.memory': '1GiB' } }, undefined),
  );
  assert.equal(operation.state, 'failed');
  const { instance } = await world.instances.get('default', 'one');
  assert.equal(instance.config['limits.memory'], undefined);
});

test('the daemon’s own keys survive a change that leaves them out or alters them', async () => {
  await world.create();
  const before = (await world.instances.get('default', 'one')).instance.config['volatile.uuid'];
  const config = { 'volatile.uuid': 'mine', 'user.note': 'x' };
  await world.ended(world.instances.update('default', 'one', { config }, undefined));
  const after = (await world.instances.get('default', 'one')).instance.config;
  assert.equal(after['volatile.uuid'], before);
  assert.equal(after['user.note'], 'x');
});

test('what is asked for while the end of its init is cleared away waits for that', async () => {
  await world.create({ start: true });
  const id = await world.id('one');
  world.engine.end(id, 'power-off');
  await until(async () => world.deps.runtimes.get(id).state === 'stopped');
  assert.equal((await world.ended(world.instances.delete('default', 'one'))).state, 'succeeded');
  assert.deepEqual(world.holdings(), nothing);
});

test('what an instance printed is there while it runs; afterwards that is said by its name', async () => {
  await world.create({ start: true });
  assert.equal(typeof (await world.instances.consoleLog('default', 'one')), 'string');
  const id = await world.id('one');
  const stop = { action: 'stop', force: true, timeoutSeconds: undefined } as const;
  await world.ended(world.instances.changeState('default', 'one', stop));
  assert.equal(world.engine.runs.has(id), false);
  await assert.rejects(world.instances.consoleLog('default', 'one'), {
    code: 'wrong-state',
    message: '"one" is stopped, and what it printed is gone',
  });
});
