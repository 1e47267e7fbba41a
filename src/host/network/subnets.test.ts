import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import type { Subnet } from './addresses.ts';
import { formatSubnet, overlaps, parseSubnet, subnetAround } from './addresses.ts';
import { FakePrograms } from './fake-programs.ts';
import { chooseSubnet, networksInUse } from './subnets.ts';

const subnet = (text: string): Subnet => parseSubnet(text) as Subnet;

const taken = fc.array(
  fc
    .tuple(fc.bigInt({ min: 0x0a000000n, max: 0x0affffffn }), fc.integer({ min: 10, max: 32 }))
    .map(([address, length]) => subnetAround(4, address, length)),
);

test('the chosen network is a private /20 that overlaps nothing in use', () => {
  fc.assert(
    fc.property(taken, fc.bigInt({ min: 0n, max: 2n ** 64n }), (ranges, seed) => {
      const chosen = chooseSubnet(ranges, seed);
      assert.equal(chosen.prefixLength, 20);
      assert.ok(
        ['10.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].some((pool) => overlaps(subnet(pool), chosen)),
      );
      assert.ok(!ranges.some((range) => overlaps(range, chosen)));
    }),
  );
});

test('when routes cover all of 10.0.0.0/8 the network is looked for elsewhere', () => {
  assert.ok(overlaps(chooseSubnet([subnet('10.0.0.0/8')], 7n), subnet('172.16.0.0/12')));
});

test('a host whose routes cover every private network is told so', () => {
  const all = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(subnet);
  assert.throws(() => chooseSubnet(all, 0n), { code: 'insufficient' });
});

test('routes and addresses count as in use, but no default routes, dead ends and what is ours', async () => {
  const programs = new FakePrograms();
  const routes = [
    { dst: 'default', dev: 'eth0' },
    { dst: '0.0.0.0/1', dev: 'tun0' },
    { dst: '10.8.0.0/16', dev: 'tun0' },
    { dst: '10.9.0.1', dev: 'tun0' },
    { type: 'unreachable', dst: '172.16.0.0/12' },
    { dst: '10.64.0.0/20', dev: 'wadahbr0' },
  ];
  const links = [
    { ifname: 'eth0', addr_info: [{ local: '192.0.2.2', prefixlen: 24 }] },
    { ifname: 'wadahbr0', addr_info: [{ local: '10.64.0.1', prefixlen: 20 }] },
  ];
  programs.answers.set('ip -json -4 route show table all', JSON.stringify(routes));
  programs.answers.set('ip -json -4 address show', JSON.stringify(links));
  const used = await networksInUse(programs, 'wadahbr0');
  assert.deepEqual(used.map(formatSubnet), ['10.8.0.0/16', '10.9.0.1/32', '192.0.2.0/24']);
});
