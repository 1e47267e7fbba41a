import assert from 'node:assert/strict';
import { test } from 'vitest';
import { linkUp, newAddress, newDefaultRoute, newVeth, parseLink } from './route-messages.ts';

test('an address carries its family, its prefix and, in IPv4, its broadcast address', () => {
  const { body } = newAddress(2, '10.77.0.5/20');
  assert.equal(
    body.toString('hex'),
    // family, prefix, flags (no duplicate detection), scope, link; local; address; broadcast
    ['02140200', '02000000', '080002000a4d0005', '080001000a4d0005', '080004000a4d0fff'].join(''),
  );
  assert.equal(newAddress(2, 'fd00::5/64').body.readUInt8(1), 64);
});

test('a malformed address is refused before the kernel sees it', () => {
  assert.throws(() => newAddress(2, '10.77.0.5'));
});

test('a default route names its gateway and its link', () => {
  const { body } = newDefaultRoute(2, '10.77.0.1');
  assert.equal(
    body.toString('hex'),
    ['02000000fe04000100000000', '080005000a4d0001', '0800040002000000'].join(''),
  );
});

test('a default route that comes second says so', () => {
  assert.ok(newDefaultRoute(3, '10.77.0.1', 1025).body.toString('hex').endsWith('0800060001040000'));
});

test('lengths of nested parts add up', () => {
  const guest = { name: 'eth0', mac: '00:16:3e:01:02:03', namespaceFd: 7 };
  const { body } = newVeth({ hostName: 'wdab12deadbeef0', bridge: 3, mtu: 1400, guest });
  let at = 16;
  while (at < body.length) at += Math.ceil(body.readUInt16LE(at) / 4) * 4;
  assert.equal(at, body.length);
});

test('the kernel’s answer about a link is read', () => {
  const counters = Buffer.alloc(8 * 24);
  [5n, 6n, 7n, 8n, 3n, 4n, 9n, 10n].forEach((value, place) => {
    counters.writeBigUInt64LE(value, place * 8);
  });
  const stats = Buffer.concat([Buffer.from([counters.length + 4, 0, 23, 0]), counters]);
  const mtu = Buffer.from([8, 0, 4, 0, 0xdc, 5, 0, 0]);
  const header = Buffer.from(linkUp(2).body);
  header.writeUInt32LE(0x10001, 8); // up, and so is the other end
  assert.deepEqual(parseLink(Buffer.concat([header, mtu, stats])), {
    mtu: 1500,
    isUp: true,
    receivedPackets: 5,
    sentPackets: 6,
    receivedBytes: 7,
    sentBytes: 8,
    receivedErrors: 3,
    sentErrors: 4,
    receivedDropped: 9,
    sentDropped: 10,
  });
});
