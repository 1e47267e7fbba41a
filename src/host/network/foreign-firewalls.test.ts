import assert from 'node:assert/strict';
import { test } from 'vitest';
import { explainFirewalls } from './foreign-firewalls.ts';

const table = { family: 'ip', table: 'filter' };
const chain = (name: string, hook?: string, policy?: string) => ({
  chain: { ...table, name, ...(hook && { hook }), ...(policy && { policy }) },
});
const docker = [chain('FORWARD', 'forward', 'drop'), chain('INPUT', 'input', 'accept'), chain('DOCKER-USER')];

test('a host without other firewalls has nothing to explain', () => {
  const ours = { chain: { family: 'inet', table: 'wadah_1a2b', name: 'x', hook: 'forward', policy: 'drop' } };
  assert.deepEqual(explainFirewalls([], 'wadahbr0', false), []);
  assert.deepEqual(explainFirewalls([ours], 'wadahbr0', false), []);
});

test('Docker’s forward policy is named together with what helps', () => {
  const [sentence = '', ...more] = explainFirewalls(docker, 'wadahbr0', false);
  assert.deepEqual(more, []);
  assert.match(sentence, /chain FORWARD of table ip filter drops by default/);
  assert.match(sentence, /do not reach other networks\./);
  assert.match(sentence, /iptables -I DOCKER-USER -i wadahbr0 -j ACCEPT/);
});

test('with br_netfilter guests do not even reach each other', () => {
  assert.match(explainFirewalls(docker, 'wadahbr0', true)[0] ?? '', /nor each other/);
});

test('a firewall with rules for our bridge is left to its owner', () => {
  const rule = { rule: { ...table, expr: [{ match: { right: 'wadahbr0' } }] } };
  assert.deepEqual(explainFirewalls([...docker, rule], 'wadahbr0', false), []);
});

test('a firewall that drops what comes in costs guests names and DHCP', () => {
  const ufw = [chain('INPUT', 'input', 'drop'), chain('ufw-user-input')];
  const [sentence = ''] = explainFirewalls(ufw, 'wadahbr0', false);
  assert.match(sentence, /neither names nor addresses/);
  assert.match(sentence, /ufw allow in on wadahbr0/);
});

test('a plain rule set of nftables gets rules in its own words, since iptables cannot help there', () => {
  const own = { chain: { family: 'inet', table: 'guard', name: 'fwd', hook: 'forward', policy: 'drop' } };
  const help = /nft insert rule inet guard fwd iifname wadahbr0 accept && nft .* oifname wadahbr0 accept$/;
  assert.match(explainFirewalls([own], 'wadahbr0', false)[0] ?? '', help);
});

test('firewalld is recognised although its chains accept by default', () => {
  const firewalld = [{ table: { family: 'inet', name: 'firewalld' } }];
  assert.match(
    explainFirewalls(firewalld, 'wadahbr0', false)[0] ?? '',
    /--zone=trusted --add-interface=wadahbr0/,
  );
});
