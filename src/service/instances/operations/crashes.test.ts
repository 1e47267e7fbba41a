import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { Instance, InstanceType } from '#model/instance.ts';
import { walkCrashes } from '#operation/crash-walk.ts';
import type { OperationDefinition, RecoveredOperation } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { newInstance } from '../requests.ts';
import { request } from '../test-request.ts';
import { TestWorld } from '../test-world.ts';
import { createInstance } from './create.ts';
import { deleteInstance } from './delete.ts';
import { startInstance, stopInstance } from './state.ts';

const nothing = { runs: 0, remains: 0, roots: 0, nics: 0, admitted: 0, runtimes: 0 };
const stopped = { ...nothing, roots: 1, nics: 1 };
const running = { ...stopped, runs: 1, remains: 1, admitted: 1, runtimes: 1 };

const leaves = {
  make: async () => undefined,
  empty: async () => {},
  enter: <T>(_: string, work: () => Promise<T>) => work(),
};

const worlds: TestWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

describe.each<InstanceType>(['container', 'virtual-machine'])('of a %s', (type) => {
  let instance: Instance;
  beforeEach(async () => {
    await using world = await TestWorld.make();
    const { value: image } = await world.deps.images.get('default', 'e'.repeat(64));
    instance = newInstance(request({ type, source: { alias: 'either' } }), image);
  });

  /** A world in which the instance is not there yet, or is in that state. */
  async function makeWorld(state?: 'stopped' | 'running') {
    const world = await TestWorld.make();
    worlds.push(world);
    if (state) {
      const input = { name: instance.name, instance, start: state === 'running' };
      const { finished } = await world.operations.start(createInstance, input, {
        project: 'default',
        deps: world.deps,
      });
      assert.equal((await finished).state, 'succeeded');
    }
    return { world, store: world.store, leaves, deps: world.deps };
  }

  /** In which states the world was after each way of dying, with what recovery made of it. */
  async function endsOf<Input>(
    definition: OperationDefinition<Input, object, InstanceDeps>,
    input: Input,
    state?: 'stopped' | 'running',
  ): Promise<Set<string>> {
    const ends = new Set<string>();
    const check = async (end: object, recovered: RecoveredOperation | undefined): Promise<void> => {
      const { world } = end as Awaited<ReturnType<typeof makeWorld>>;
      const documents = await world.deps.records.list('default');
      const { idRanges, ...holdings } = world.holdings();
      const name = [nothing, stopped, running].findIndex((one) => isDeepStrictEqual(one, holdings));
      assert.ok(name >= 0, JSON.stringify(holdings));
      assert.equal(documents.length, name === 0 ? 0 : 1);
      if (name === 0) assert.equal(idRanges, 0);
      ends.add(`${recovered?.outcome ?? 'none'}: ${['nothing', 'stopped', 'running'][name]}`);
    };
    const ways = await walkCrashes({ definition, input, makeWorld: () => makeWorld(state), check });
    assert.ok(ways > 10, `it died in ${ways} ways`);
    return ends;
  }

  const target = () => ({ id: instance.id, name: instance.name });

  test('a creation that the daemon dies in, anywhere, ends with a running instance or with nothing', async () => {
    const input = { name: instance.name, instance, start: true };
    const ends = await endsOf(createInstance, input);
    assert.deepEqual([...ends].sort(), ['none: nothing', 'none: running', 'undone: nothing']);
  });

  test('a start is taken back', async () => {
    const ends = await endsOf(startInstance, target(), 'stopped');
    assert.deepEqual([...ends].sort(), ['none: running', 'none: stopped', 'undone: stopped']);
  });

  test('a stop is finished', async () => {
    const ends = await endsOf(stopInstance, { ...target(), graceMs: 0 }, 'running');
    assert.deepEqual([...ends].sort(), ['finished: stopped', 'none: stopped']);
  });

  test('the stop of an ephemeral one is finished with its deletion', async () => {
    instance = { ...instance, ephemeral: true };
    const ends = await endsOf(stopInstance, { ...target(), graceMs: 0 }, 'running');
    assert.deepEqual([...ends].sort(), ['finished: nothing', 'none: nothing']);
  });

  test('a deletion is finished', async () => {
    const ends = await endsOf(deleteInstance, { ...target(), instance }, 'stopped');
    assert.deepEqual([...ends].sort(), ['finished: nothing', 'none: nothing']);
  });
});
