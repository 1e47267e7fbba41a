import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { containerCarriers } from '../container/carriers/carriers.ts';
import { testPlan } from '../test-plan.ts';
import { vmCarriers } from '../vm/carriers/carriers.ts';
import { type ConfigKey, configKeys } from '#model/config-keys.ts';
import { Fault } from '#model/fault.ts';
import { type Carrier, carryOut, partOf } from './carrier.ts';

const engines = {
  container: containerCarriers,
  'virtual-machine': vmCarriers,
} as const;
const declared = Object.entries(configKeys) as [string, ConfigKey][];
type LiveParts = { limit?: unknown; change?: unknown };

describe.each(Object.entries(engines))('the carriers of a %s', (name, carriers) => {
  const type = name as keyof typeof engines;
  const carried = carriers.flatMap(({ keys }) => keys);

  test('carry out every key that serves it, each by one of them, and no other', () => {
    const served = declared.filter(([, key]) => key.carriedBy === 'engine' && key.types.includes(type));
    assert.deepEqual([...carried].sort(), served.map(([key]) => key).sort());
  });

  test('can do live what the table says is live', () => {
    for (const [key, { live, liveWhen, carriedBy }] of declared) {
      if (carriedBy === 'daemon' || !(live.includes(type) || liveWhen[type])) continue;
      const carrier: LiveParts | undefined = carriers.find(({ keys }) => keys.some((each) => each === key));
      assert.ok(carrier?.limit ?? carrier?.change, `${key} has nobody who changes it live`);
    }
  });
});

describe('carryOut', () => {
  const memory: Carrier = { keys: ['limits.memory'], part: partOf('limits.memory') };
  const cpu: Carrier = { keys: ['limits.cpu'], part: partOf('limits.cpu') };
  const plan = (config: Record<string, string>) => testPlan('0123abcd', config);
  const small = plan({ 'limits.memory': '64MiB' });
  const large = plan({ 'limits.memory': '1GiB', 'limits.cpu': '2' });

  async function record(before: typeof small | undefined, after: typeof small, refusing?: Carrier) {
    const brought: [Carrier, typeof small][] = [];
    const refusal = await carryOut([memory, cpu], { before, after }, async (carrier, wanted) => {
      brought.push([carrier, wanted]);
      if (carrier === refusing && wanted === after) throw new Fault('insufficient', 'no');
    }).catch((error: unknown) => error);
    return { brought, refusal };
  }

  test('works only where something changes', async () => {
    assert.deepEqual((await record(small, small)).brought, []);
    assert.deepEqual((await record(small, plan({ ...{ 'limits.memory': '1GiB' } }))).brought.length, 1);
  });

  test('of a fresh instance brings what is set, and leaves the rest as the kernel made it', async () => {
    assert.deepEqual((await record(undefined, small)).brought, [[memory, small]]);
    assert.deepEqual((await record(undefined, plan({}))).brought, []);
  });

  test('brings back what was done when a later one refuses, and throws the refusal', async () => {
    const { brought, refusal } = await record(small, large, cpu);
    assert.deepEqual(brought, [
      [memory, large],
      [cpu, large],
      [cpu, small],
      [memory, small],
    ]);
    assert.ok(refusal instanceof Fault && refusal.code === 'insufficient');
  });
});
