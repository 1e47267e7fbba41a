import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { ObservedBridge } from './bridge.ts';
import { planBridgeAddresses, planBridgeLink } from './bridge.ts';
import { hostLinkName, networkNames } from './object-names.ts';

const plan = { name: 'br', mac: '00:16:3e:00:00:01', addresses: ['10.64.0.1/20', 'fd00::1/64'] };
const asPlanned: ObservedBridge = { mac: plan.mac, isUp: true, addresses: plan.addresses };
const allLines = (observed: ObservedBridge | undefined) => [
  ...planBridgeLink(plan, observed),
  ...planBridgeAddresses(plan, observed),
];

test('a bridge that is as it should be is left alone', () => {
  assert.deepEqual(allLines(asPlanned), []);
});

test('a bridge that is not there is made, with addresses that need no carrier', () => {
  assert.deepEqual(allLines(undefined), [
    'link add br address 00:16:3e:00:00:01 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
    'address add 10.64.0.1/20 dev br',
    'address add fd00::1/64 dev br nodad',
    'link set br up',
  ]);
});

test('what differs is put right: another MAC, other addresses, switched off', () => {
  const observed = { mac: '00:16:3e:00:00:02', isUp: false, addresses: ['10.80.0.1/20', 'fd00::1/64'] };
  assert.deepEqual(allLines(observed), [
    'link set br address 00:16:3e:00:00:01',
    'address del 10.80.0.1/20 dev br',
    'address add 10.64.0.1/20 dev br',
    'link set br up',
  ]);
});

test('names bear the mark, and a link’s name has the 15 characters that Linux grants', () => {
  assert.equal(networkNames('1a2b', true).bridge, 'wadahbr0');
  const names = networkNames('1a2b', false);
  assert.deepEqual(names, { bridge: 'wd1a2bbr0', linkPrefix: 'wd1a2b', table: 'wadah_1a2b' });
  assert.equal(hostLinkName(names, '0000beef', 35), 'wd1a2b0000beefz');
  assert.throws(() => hostLinkName(names, '0000beef', 36), { code: 'invalid' });
});
