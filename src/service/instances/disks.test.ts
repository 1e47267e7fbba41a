import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import { Fault } from '#model/fault.ts';
import type { CreateInstance } from './instances.ts';
import { request } from './test-request.ts';
import { TestWorld } from './test-world.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.make();
});
afterEach(() => world[Symbol.asyncDispose]());

const gibibyte = 2 ** 30;
const fingerprint = 'e'.repeat(64);
const machine = (over: Partial<CreateInstance> = {}) => world.create({ ...either, ...over });
const either = { type: 'virtual-machine', source: { alias: 'either' } } as const;
const root = (options: Record<string, string>) => ({ root: { type: 'disk', path: '/', ...options } });

test('a virtual machine stands on the disk of its image, ten gibibytes large', async () => {
  assert.equal((await machine()).state, 'succeeded');
  assert.deepEqual(world.baseDisks, [fingerprint]);
  assert.equal(world.diskBytes.get(await world.id('one')), 10 * gibibyte);
});

test('a container of the same image has no disk', async () => {
  await world.create({ source: { alias: 'either' }, start: true });
  assert.deepEqual([world.baseDisks, world.diskBytes.size], [[], 0]);
  const plan = world.engine.runs.get(await world.id('one'))?.plan;
  assert.equal(plan?.root.kind, 'overlay');
  assert.equal(plan.boot, undefined);
});

test('the size of its root disk is what the device says', async () => {
  await machine({ devices: root({ size: '20GiB' }), start: true });
  const id = await world.id('one');
  assert.equal(world.diskBytes.get(id), 20 * gibibyte);
  const plan = world.machines.runs.get(id)?.plan;
  assert.ok(plan?.root.kind === 'disk');
  assert.equal(plan.root.sizeBytes, 20 * gibibyte);
});

test('a disk that would have to become smaller is refused at once, also while nothing runs', async () => {
  await machine({ devices: root({ size: '20GiB' }) });
  const resize = (size: string) =>
    world.instances.update('default', 'one', { devices: root({ size }) }, undefined);
  await assert.rejects(resize('19GiB'), {
    code: 'invalid',
    message: 'The disk of "one" is 20GiB large and cannot become smaller',
  });
  assert.equal((await world.ended(resize('21GiB'))).state, 'succeeded');
  await assert.rejects(world.instances.update('default', 'one', { devices: {} }, undefined), {
    code: 'invalid',
  });
});

test('limits of a container’s root disk hold at once where the pool has quotas, and wait where it has none', async () => {
  await world.create({ start: true, devices: root({}) });
  const id = await world.id('one');
  const limit = async (options: Record<string, string>) => {
    const { state } = await world.ended(
      world.instances.update('default', 'one', { devices: root(options) }, undefined),
    );
    assert.equal(state, 'succeeded');
    return (await world.instances.get('default', 'one')).pending.map(({ key }) => key);
  };
  assert.deepEqual(await limit({ size: '1GiB' }), ['devices.root.size']);
  assert.equal(world.rootLimits.get(id), undefined);
  world.hasQuotas = true;
  assert.deepEqual(await limit({ size: '2GiB', 'size.inodes': '500' }), []);
  assert.deepEqual(world.rootLimits.get(id), { sizeBytes: 2 * gibibyte, inodes: 500 });
  assert.deepEqual(await limit({}), []);
  assert.deepEqual(world.rootLimits.get(id), { sizeBytes: undefined, inodes: undefined });
});

test('fewer inodes than are in use are refused at once', async () => {
  await world.create({ devices: root({}) });
  world.rootAmounts.set(await world.id('one'), { inodes: { held: 300 } });
  const limit = world.instances.update(
    'default',
    'one',
    { devices: root({ 'size.inodes': '200' }) },
    undefined,
  );
  await assert.rejects(limit, {
    code: 'insufficient',
    message: 'The root disk cannot be limited to 200 inodes: it holds 300',
  });
});

test('it boots the kernel of its image from that disk, and is told its name', async () => {
  await machine({ start: true });
  const plan = world.machines.runs.get(await world.id('one'))?.plan;
  assert.match(plan?.boot?.kernel ?? '', new RegExp(`/${fingerprint}/kernel$`));
  const words = plan?.boot?.commandLine.split(' ') ?? [];
  assert.ok(words.includes('wadah.root=UUID=u-u-i-d'));
  assert.ok(words.includes('systemd.hostname=one'));
});

test('a size that is no amount is refused', async () => {
  await assert.rejects(world.instances.create(request({ ...either, devices: root({ size: 'huge' }) })), {
    code: 'invalid',
  });
});

test('an image without a kernel starts as no virtual machine, and the refusal says as what it does', async () => {
  await assert.rejects(world.instances.create(request({ type: 'virtual-machine' })), {
    code: 'unsupported',
    message: 'The image "test" cannot start as a virtual-machine',
    hint: 'It starts as a container; wadah image list shows it of all.',
  });
});

test('what a virtual machine that could not start had made is gone', async () => {
  world.machines.failNext('start', new Fault('host', 'QEMU says no'));
  assert.equal((await machine({ start: true })).state, 'failed');
  assert.equal(world.roots.size, 0);
});
