import assert from 'node:assert/strict';
import { test } from 'vitest';
import { readProxy } from '#model/device.ts';
import { renderNat } from './nat-rules.ts';

const rulesFor = (listen: string, connect: string): string[] =>
  renderNat('wadah_ab12_00000001', [readProxy('p', { listen, connect, nat: 'true' })], ['10.77.0.5/20'])
    .split('\n')
    .filter((line) => line.includes(' dport '))
    .map((line) => line.trim());

test('packets from outside and those of the host itself are led alike', () => {
  const rule = 'ip daddr 192.0.2.1 tcp dport { 80 } dnat ip to 10.77.0.5 : 8080';
  assert.deepEqual(rulesFor('tcp:192.0.2.1:80', 'tcp:10.77.0.5:8080'), [rule, rule]);
});

test('all addresses are those of this host, but not its loopback', () => {
  const [rule] = rulesFor('udp:0.0.0.0:53', 'udp:10.77.0.5:53');
  assert.equal(rule, 'ip daddr != 127.0.0.0/8 fib daddr type local udp dport { 53 } dnat ip to 10.77.0.5');
});

test('many ports lead each to its own, or all to one', () => {
  const [each] = rulesFor('tcp:192.0.2.1:80,90-91', 'tcp:10.77.0.5:1080,1090-1091');
  assert.match(each ?? '', / dnat ip to 10\.77\.0\.5 : tcp dport map \{ 80 : 1080, 90 : 1090, 91 : 1091 \}$/);
  const [one] = rulesFor('tcp:192.0.2.1:80,90', 'tcp:10.77.0.5:80');
  assert.match(one ?? '', / dnat ip to 10\.77\.0\.5 : 80$/);
});

test('neighbours are answered through the host, whose address they asked', () => {
  const text = renderNat('t', [], ['10.77.0.5/20', 'fd00::5/64']);
  assert.match(text, /ct status dnat ip saddr 10\.77\.0\.5\/20 ip daddr 10\.77\.0\.5 masquerade/);
  assert.match(text, /ct status dnat ip6 saddr fd00::5\/64 ip6 daddr fd00::5 masquerade/);
});
