import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { eventually } from '../../harness/host.ts';
import type { Launched } from './test-networks.ts';
import { TestNetworks } from './test-networks.ts';

let host: TestNetworks;
let web: Launched;
let db: Launched;

beforeAll(async () => {
  host = await TestNetworks.open();
  web = await host.launch('00000001', 'web');
  db = await host.launch('00000002', 'db');
});
afterAll(() => host.remove());

const addressOf = ({ plan }: Launched, family: 'ipv4' | 'ipv6'): string =>
  plan[family]?.address.split('/')[0] ?? '';

const gatewayOf = ({ plan }: Launched, family: 'ipv4' | 'ipv6'): string => plan[family]?.gateway ?? '';

/** The answer to a question for a name. */
async function lookUp({ guest, plan }: Launched, name: string): Promise<string> {
  return (await guest.try('busybox', 'nslookup', name, plan.ipv4?.gateway ?? '')).stdout;
}

test('guests reach each other and the host by IPv4 and IPv6 at once', async () => {
  for (const family of ['ipv4', 'ipv6'] as const) {
    assert.ok(await web.guest.reaches(addressOf(db, family)), `the other guest by ${family}`);
    assert.ok(await web.guest.reaches(gatewayOf(web, family)), `the host by ${family}`);
  }
});

test('guests find each other by name, and addresses by their name', async () => {
  const answer = await lookUp(web, 'db.wadah');
  assert.match(answer, new RegExp(`Address: ${addressOf(db, 'ipv4')}$`, 'm'));
  assert.match(answer, new RegExp(`Address: ${addressOf(db, 'ipv6')}$`, 'm'));
  assert.match(await lookUp(web, addressOf(db, 'ipv4')), /name = db\.wadah/);
});

test('a name follows its instance when that is renamed, and goes with it', async () => {
  await host.networks.reserve({ id: '00000003', instanceName: 'old', device: 'eth0', index: 0 });
  await eventually(async () => assert.match(await lookUp(web, 'old.wadah'), /Address: 10\./));
  await host.networks.rename('00000003', 'new');
  await eventually(async () => {
    assert.match(await lookUp(web, 'new.wadah'), /Address: 10\./);
    assert.match(await lookUp(web, 'old.wadah'), /NXDOMAIN/);
  });
  await host.networks.release('00000003', 'eth0');
  await eventually(async () => assert.match(await lookUp(web, 'new.wadah'), /NXDOMAIN/));
});

test('guests reach other networks under the host’s address', async () => {
  const elsewhere = await host.elsewhere();
  assert.ok(await web.guest.reaches('198.51.100.2'));
  assert.ok(await web.guest.reaches('2001:db8::2'));
  const wayBack = await elsewhere.try('ip', 'route', 'get', addressOf(web, 'ipv4'));
  assert.match(wayBack.stderr, /unreachable/, 'without translation the answers would get lost');
});

test('a guest that asks by DHCP and for routers gets the addresses reserved for it', async () => {
  const { guest, plan } = await host.plug('00000004', 'vm');
  const script = path.join(host.folder, 'show-lease');
  await writeFile(
    script,
    '#!/bin/sh\n[ "$1" = bound ] && echo "$ip/$mask via $router in $domain of $dns"\nexit 0\n',
    {
      mode: 0o755,
    },
  );
  await guest.ip('link set eth0 up');
  const lease = await guest.try('busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-s', script);
  const gateway = plan.ipv4?.gateway;
  assert.ok(
    lease.stdout.includes(`${plan.ipv4?.address} via ${gateway} in wadah of ${gateway}`),
    lease.stdout,
  );
  await eventually(async () => {
    const { stdout } = await guest.try('ip', '-6', 'address', 'show', 'dev', 'eth0', 'scope', 'global');
    assert.ok(stdout.includes(plan.ipv6?.address ?? ''), stdout);
  });
});

test('nothing of what well-behaved guests say is dropped', async () => {
  const counters = ['mac', 'ipv4', 'arp', 'ipv6', 'server', 'protocol'] as const;
  const packets = await Promise.all(counters.map((counter) => host.dropped(counter)));
  assert.deepEqual(packets, [0, 0, 0, 0, 0, 0]);
});

test('a guest is not served under a MAC that nobody reserved', async () => {
  const { guest, plan } = await host.plug('00000005', 'liar');
  await guest.ip('link set eth0 address 00:16:3e:ff:ff:ff', 'link set eth0 up');
  const before = await host.dropped('mac');
  const lease = await guest.try(
    'busybox',
    'udhcpc',
    '-i',
    'eth0',
    '-n',
    '-q',
    '-f',
    '-t',
    '2',
    '-T',
    '1',
    '-s',
    '/bin/true',
  );
  assert.notEqual(lease.exitCode, 0);
  assert.ok((await host.dropped('mac')) > before);
  assert.notEqual(plan.mac, '00:16:3e:ff:ff:ff');
});
