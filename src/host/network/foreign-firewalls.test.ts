import assert from 'node:assert/strict';
import { test } from 'vitest';
import { explainFirewalls, obstacleText } from './foreign-firewalls.ts';

const table = { family: 'ip', table: 'filter' };
const chain = (name: string, hook?: string, policy?: string) => ({
  chain: { ...table, name, ...(hook && { hook }), ...(policy && { policy }) },
});
const none = { harm: '', remedy: '' };
const docker = [chain('FORWARD', 'forward', 'drop'), chain('INPUT', 'input', 'accept'), chain('DOCKER-USER')];

test('a host without other firewalls has nothing to explain', () => {
  const ours = { chain: { family: 'inet', table: 'wadah_1a2b', name: 'x', hook: 'forward', policy: 'drop' } };
  assert.deepEqual(explainFirewalls([], 'wadahbr0', false), []);
  assert.deepEqual(explainFirewalls([ours], 'wadahbr0', false), []);
});

test('Docker’s forward policy is named together with what helps', () => {
  const [obstacle = none, ...more] = explainFirewalls(docker, 'wadahbr0', false);
  assert.deepEqual(more, []);
  assert.match(obstacle.harm, /chain FORWARD of table ip filter drops by default/);
  assert.match(obstacle.harm, /do not reach other networks$/);
  assert.match(obstacle.remedy, /^iptables -I DOCKER-USER -i wadahbr0 -j ACCEPT && /);
  assert.match(obstacleText(obstacle), /do not reach other networks\. Run: iptables -I /);
});

test('with br_netfilter guests do not even reach each other', () => {
  assert.match(explainFirewalls(docker, 'wadahbr0', true)[0]?.harm ?? '', /nor each other/);
});

test('a firewall with rules for our bridge is left to its owner', () => {
  const rule = { rule: { ...table, expr: [{ match: { right: 'wadahbr0' } }] } };
  assert.deepEqual(explainFirewalls([...docker, rule], 'wadahbr0', false), []);
});

test('a firewall that drops what comes in costs guests names and DHCP', () => {
  const ufw = [chain('INPUT', 'input', 'drop'), chain('ufw-user-input')];
  const [obstacle = none] = explainFirewalls(ufw, 'wadahbr0', false);
  assert.match(obstacle.harm, /neither names nor addresses/);
  assert.equal(obstacle.remedy, 'ufw allow in on wadahbr0');
});

test('a plain rule set of nftables gets rules in its own words, since iptables cannot help there', () => {
  const own = { chain: { family: 'inet', table: 'guard', name: 'fwd', hook: 'forward', policy: 'drop' } };
  const help = /nft insert rule inet guard fwd iifname wadahbr0 accept && nft .* oifname wadahbr0 accept$/;
  assert.match(explainFirewalls([own], 'wadahbr0', false)[0]?.remedy ?? '', help);
});

test('firewalld is recognised although its chains accept by default', () => {
  const firewalld = [{ table: { family: 'inet', name: 'firewalld' } }];
  assert.match(
    explainFirewalls(firewalld, 'wadahbr0', false)[0]?.remedy ?? '',
    /--zone=trusted --add-interface=wadahbr0/,
  );
});
