import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { formatAddress } from './addresses.ts';
import { deriveMac, interfaceIdentifier, parseMac } from './mac.ts';

test('derived MACs are valid, of Xen’s range, and the same for the same seed', () => {
  fc.assert(
    fc.property(fc.string(), (seed) => {
      const mac = deriveMac(seed);
      assert.match(mac, /^00:16:3e:/);
      assert.equal(parseMac(mac), mac);
      assert.equal(deriveMac(seed), mac);
    }),
  );
});

test('capital letters in a MAC are read as small ones', () => {
  assert.equal(parseMac('00:16:3E:AB:CD:EF'), '00:16:3e:ab:cd:ef');
});

test.for([
  '',
  '00:16:3e:00:00',
  '00-16-3e-00-00-01',
  '01:00:5e:00:00:01',
  'ff:ff:ff:ff:ff:ff',
  '00:00:00:00:00:00',
])('no NIC may have the MAC "%s"', (text) => assert.equal(parseMac(text), undefined));

test('the interface identifier is the one that Linux makes of a MAC', () => {
  const address = (0xfe80n << 112n) | interfaceIdentifier('00:16:3e:12:34:56');
  assert.equal(formatAddress(6, address), 'fe80::216:3eff:fe12:3456');
});
