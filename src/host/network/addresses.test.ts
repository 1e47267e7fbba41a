import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import {
  contains,
  formatAddress,
  formatSubnet,
  gatewayOf,
  guestRange,
  overlaps,
  parseAddress,
  parseSubnet,
  pickFree,
  subnetAround,
} from './addresses.ts';

const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const subnet = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([value, length]) => subnetAround(4, value, length)),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([value, length]) => subnetAround(6, value, length)),
);

test('an address that is printed reads as itself', () => {
  fc.assert(
    fc.property(ipv4, (value) =>
      assert.deepEqual(parseAddress(formatAddress(4, value)), { family: 4, value }),
    ),
  );
  fc.assert(
    fc.property(ipv6, (value) =>
      assert.deepEqual(parseAddress(formatAddress(6, value)), { family: 6, value }),
    ),
  );
});

test('a network that is printed reads as itself', () => {
  fc.assert(fc.property(subnet, (one) => assert.deepEqual(parseSubnet(formatSubnet(one)), one)));
});

test('IPv6 addresses are printed the short way', () => {
  assert.equal(formatAddress(6, 0xfd000000000000000000000000000001n), 'fd00::1');
});

test.for(['', '10.0.0', '010.0.0.1', '0x0a.1.1.1', '1.2.3.4.5', 'fe80::1%eth0', '::g'])(
  '"%s" is no address',
  (text) => assert.equal(parseAddress(text), undefined),
);

test.for(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/-1'])(
  '"%s" is no network',
  (text) => assert.equal(parseSubnet(text), undefined),
);

test('networks overlap exactly when one of them contains the first address of the other', () => {
  fc.assert(
    fc.property(subnet, subnet, (a, b) => {
      const expected = contains(a, b.family, b.first) || contains(b, a.family, a.first);
      assert.equal(overlaps(a, b), expected);
      assert.equal(overlaps(b, a), expected);
    }),
  );
});

test('guests get neither the address of the network, nor the host’s, nor the one for everybody', () => {
  const network = subnetAround(4, 0x0a4d0000n, 20);
  const guests = guestRange(network);
  assert.equal(gatewayOf(network), '10.77.0.1');
  assert.equal(formatAddress(4, guests.first), '10.77.0.2');
  assert.equal(formatAddress(4, guests.last), '10.77.15.254');
});

test('a free address is found exactly when there is one, and is free', () => {
  const size = 14n;
  const range = { family: 4, first: 100n, last: 100n + size - 1n } as const;
  const taken = fc.uniqueArray(fc.bigInt({ min: 100n, max: 100n + size - 1n })).map((list) => new Set(list));
  fc.assert(
    fc.property(taken, fc.bigInt({ min: 0n, max: 2n ** 64n }), (held, seed) => {
      const picked = pickFree(range, seed, (address) => held.has(address));
      assert.equal(picked === undefined, BigInt(held.size) === size);
      if (picked !== undefined) assert.ok(contains(range, 4, picked) && !held.has(picked));
    }),
  );
});
