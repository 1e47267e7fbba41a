import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { Expanded } from './expand.ts';
import { type InstanceType, instanceTypes } from './instance.ts';
import { applyLive, pendingChanges } from './pending.ts';

const root = { type: 'disk', path: '/' };
const nic = { type: 'nic', name: 'eth0' };

const what = (config: Record<string, string>, devices: Expanded['devices'] = { root }): Expanded => ({
  config,
  devices,
});

const config = fc.record(
  {
    'limits.memory': fc.constantFrom('64MiB', '1GiB'),
    'limits.cpu': fc.constantFrom('1', '2', '0-1'),
    'security.privileged': fc.constantFrom('true', 'false'),
    'user.note': fc.string(),
  },
  { requiredKeys: [] },
);
const devices = fc.record(
  { root: fc.constantFrom(root, { ...root, size: '20GiB' }), eth0: fc.constant(nic) },
  { requiredKeys: [] },
);
const expanded = fc.record({ config, devices }) as fc.Arbitrary<Expanded>;

const afterwards = (type: InstanceType, before: Expanded, after: Expanded) =>
  pendingChanges(applyLive(type, before, after), after);

describe('a change of a running instance', () => {
  test('takes effect where it is live, and waits where it is not', () => {
    const before = what({ 'limits.memory': '64MiB' });
    const after = what({ 'limits.memory': '1GiB', 'security.privileged': 'true' });
    assert.deepEqual(applyLive('container', before, after).config, { 'limits.memory': '1GiB' });
    assert.deepEqual(afterwards('container', before, after), [
      { key: 'security.privileged', running: undefined, configured: 'true' },
    ]);
    assert.deepEqual(afterwards('virtual-machine', before, what({ 'limits.memory': '1GiB' })), [
      { key: 'limits.memory', running: '64MiB', configured: '1GiB' },
    ]);
  });

  test('which processors a machine has is live, how many is not', () => {
    const two = what({ 'limits.cpu': '2' });
    assert.deepEqual(afterwards('virtual-machine', two, what({ 'limits.cpu': '0-1' })), []);
    assert.equal(afterwards('virtual-machine', two, what({ 'limits.cpu': '3' })).length, 1);
  });

  test('of a device names the option that waits, or the whole device', () => {
    const before = what({}, { root, eth0: nic });
    const after = what({}, { root: { ...root, size: '20GiB' }, eth0: { ...nic, name: 'eth9' } });
    assert.deepEqual(afterwards('virtual-machine', before, after), [
      { key: 'devices.eth0.name', running: 'eth0', configured: 'eth9' },
    ]);
    assert.deepEqual(afterwards('container', before, what({}, { root })), [
      { key: 'devices.eth0', running: 'nic', configured: undefined },
    ]);
  });

  test('that is taken back leaves nothing waiting, whatever it was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...instanceTypes), expanded, expanded, (type, before, change) => {
        const between = applyLive(type, before, change);
        assert.deepEqual(afterwards(type, between, before), []);
      }),
    );
  });

  test('that was applied changes nothing when it is applied again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...instanceTypes), expanded, expanded, (type, before, change) => {
        const once = applyLive(type, before, change);
        assert.deepEqual(applyLive(type, once, change), once);
      }),
    );
  });
});
