import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import { type Logger, silentLogger } from '#base/logger.ts';
import { Fault } from '#model/fault.ts';
import { TestWorld } from '../instances/test-world.ts';
import { HostShutdown } from './host-shutdown.ts';

let world: TestWorld;
let told: Record<string, unknown>[];
beforeEach(async () => {
  world = await TestWorld.make();
  told = [];
  for (const [index, type] of (['container', 'virtual-machine', 'container'] as const).entries()) {
    const config = { 'boot.stop.priority': String(index) };
    await world.create({ name: `i${index}`, type, source: { alias: 'either' }, start: true, config });
  }
});
afterEach(() => world[Symbol.asyncDispose]());

async function shutDown(): Promise<void> {
  const tell = (fields: object) => void told.push({ ...fields });
  const logger: Logger = { ...silentLogger, info: tell, error: tell };
  const deps = { ...world.deps, logger };
  await new HostShutdown(deps, world.operations, (instance) => world.instances.deleteEphemeral(instance)).run(
    'default',
  );
}

/** Names of the instances that stopped, one after the other. */
const stopped = () => told.flatMap(({ instance, fault }) => (instance && !fault ? [instance] : []));

test('instances of both kinds stop by priority, and are still wanted running', async () => {
  await shutDown();
  assert.deepEqual(stopped(), ['i2', 'i1', 'i0']);
  const { idRanges: _, ...holdings } = world.holdings();
  assert.deepEqual(holdings, { runs: 0, remains: 0, roots: 3, nics: 3, admitted: 0, runtimes: 0 });
  for (const { instance } of await world.instances.list('default')) assert.equal(instance.wants, 'running');
});

test('on a full disk all of them stop all the same', async () => {
  world.disk.fillAfter(0);
  await shutDown();
  assert.deepEqual(stopped(), ['i2', 'i1', 'i0']);
  assert.equal(world.disk.hasRefused, true);
});

test('one that does not stop is told and holds up nobody', async () => {
  const [id, { stop }] = [await world.id('i1'), world.machines];
  world.machines.stop = (which, ...rest) =>
    which === id ? Promise.reject(new Fault('host', 'it hangs')) : stop.call(world.machines, which, ...rest);
  await shutDown();
  assert.deepEqual([...new Set(stopped())], ['i2', 'i0']);
  assert.ok(told.some(({ instance, fault }) => instance === 'i1' && fault === 'it hangs'));
});
