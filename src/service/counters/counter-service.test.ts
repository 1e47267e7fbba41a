import assert from 'node:assert/strict';
import { test } from 'vitest';
import { CounterService } from './counter-service.ts';
import type { WadahEvent } from '#model/event.ts';
import { TestWorld } from '../instances/test-world.ts';

function serviceOf({ deps, store }: TestWorld): { service: CounterService; refused: object[] } {
  const refused: object[] = [];
  deps.events.subscribe((event: WadahEvent) => {
    if (event.type === 'lifecycle' && event.action === 'instance-refused') refused.push(event.context);
  });
  return { service: new CounterService({ ...deps, nodeStore: store }), refused };
}
const sockets = (held: number, refusals: number) => ({
  tcp_sockets: { held, peak: held, limit: 3, refusals },
});

test('peaks and refusals are kept over restarts of the instance and of the daemon', async () => {
  await using world = await TestWorld.make();
  await world.create({ start: true });
  const id = await world.id('one');
  world.engine.counted.set(id, sockets(3, 2));
  await world.ended(
    world.instances.changeState('default', 'one', { action: 'restart', timeoutSeconds: 0, force: true }),
  );
  world.engine.counted.set(id, sockets(1, 1));
  const { counters } = await serviceOf(world).service.get('default', 'one');
  assert.deepEqual(counters.tcp_sockets, { held: 1, peak: 3, barrier: 3, limit: 3, refusals: 3 });
});

test('what a root disk holds is told whether the instance runs or not, and its peak is kept', async () => {
  await using world = await TestWorld.make();
  await world.create({ start: true });
  const id = await world.id('one');
  const { service } = serviceOf(world);
  world.rootAmounts.set(id, { disk: { held: 40, limit: 50 } });
  assert.deepEqual((await service.get('default', 'one')).counters.disk, {
    held: 40,
    peak: 40,
    barrier: 50,
    limit: 50,
  });
  world.rootAmounts.set(id, { disk: { held: 10 } });
  await world.ended(
    world.instances.changeState('default', 'one', { action: 'stop', timeoutSeconds: 0, force: true }),
  );
  assert.deepEqual((await service.get('default', 'one')).counters.disk, { held: 10, peak: 40 });
});

test('refusals are told once, by whoever looks first', async () => {
  await using world = await TestWorld.make();
  await world.create({ start: true });
  const { service, refused } = serviceOf(world);
  world.engine.counted.set(await world.id('one'), sockets(3, 2));
  await service.look('default');
  await service.get('default', 'one');
  assert.deepEqual(refused, [{ resource: 'tcp_sockets', refusals: 2 }]);
});

test('nothing is kept of an instance that is deleted', async () => {
  await using world = await TestWorld.make();
  await world.create({ start: true });
  const id = await world.id('one');
  world.engine.counted.set(id, sockets(3, 2));
  await serviceOf(world).service.look('default');
  assert.ok(await world.store.get(`counters/${id}`));
  await world.ended(
    world.instances.changeState('default', 'one', { action: 'stop', timeoutSeconds: 0, force: true }),
  );
  await world.ended(world.instances.delete('default', 'one'));
  assert.equal(await world.store.get(`counters/${id}`), undefined);
});
