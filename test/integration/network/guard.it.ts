import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { DropCounter } from '#host/network/ruleset.ts';
import { eventually } from '../../harness/host.ts';
import type { Launched } from './test-networks.ts';
import { TestNetworks } from './test-networks.ts';

let host: TestNetworks;
let victim: Launched;
let other: Launched;
let thief: Launched;
let stolen: { ipv4: string; ipv6: string };

beforeAll(async () => {
  host = await TestNetworks.open();
  victim = await host.launch('00000001', 'victim');
  other = await host.launch('00000002', 'other');
  thief = await host.launch('00000003', 'thief');
  const { ipv4, ipv6 } = victim.plan;
  stolen = { ipv4: withoutLength(ipv4?.address), ipv6: withoutLength(ipv6?.address) };
});
afterAll(() => host.remove());

const withoutLength = (cidr = ''): string => cidr.split('/')[0] ?? '';

/** Asserts that `attempt` makes the guard drop packets for that reason. */
async function isDropped(reason: DropCounter, attempt: () => Promise<unknown>): Promise<void> {
  const before = await host.dropped(reason);
  await attempt();
  await eventually(async () =>
    assert.ok((await host.dropped(reason)) > before, `nothing dropped: ${reason}`),
  );
}

/** What `other` believes about who has the address. */
async function neighbour(address: string): Promise<string> {
  return (await other.guest.try('ip', 'neigh', 'show', address)).stdout;
}

test('a guest cannot send under another MAC', async () => {
  const gateway = thief.plan.ipv4?.gateway ?? '';
  await isDropped('mac', async () => {
    await thief.guest.ip('link set eth0 address 00:16:3e:aa:aa:aa');
    assert.equal(await thief.guest.reaches(gateway), false);
  });
  await thief.guest.ip(`link set eth0 address ${thief.plan.mac}`);
  assert.ok(await thief.guest.reaches(gateway));
});

test('a guest cannot send under the IPv4 address of another one', async () => {
  const target = withoutLength(other.plan.ipv4?.address);
  await thief.guest.ip(
    `address add ${stolen.ipv4}/20 dev eth0`,
    `neigh replace ${target} lladdr ${other.plan.mac} dev eth0 nud permanent`,
  );
  await isDropped('ipv4', async () =>
    assert.equal(await thief.guest.reaches(target, '-I', stolen.ipv4), false),
  );
  await thief.guest.ip(`address del ${stolen.ipv4}/20 dev eth0`, `neigh del ${target} dev eth0`);
});

test('a guest cannot tell others by ARP that it has the address of another one', async () => {
  assert.ok(await other.guest.reaches(stolen.ipv4));
  await thief.guest.ip(`address add ${stolen.ipv4}/32 dev eth0`);
  await isDropped('arp', () =>
    thief.guest.try('busybox', 'arping', '-U', '-c', '1', '-I', 'eth0', stolen.ipv4),
  );
  await thief.guest.ip(`address del ${stolen.ipv4}/32 dev eth0`);
  assert.match(await neighbour(stolen.ipv4), new RegExp(victim.plan.mac));
});

test('a guest may ask whether its address is free before it takes it', async () => {
  const mine = withoutLength(thief.plan.ipv4?.address);
  const before = await host.dropped('arp');
  await thief.guest.try('busybox', 'arping', '-D', '-c', '1', '-w', '1', '-I', 'eth0', mine);
  assert.equal(await host.dropped('arp'), before);
});

test('a guest cannot send under the IPv6 address of another one', async () => {
  const target = withoutLength(other.plan.ipv6?.address);
  await thief.guest.ip(`address add ${stolen.ipv6}/64 dev eth0 nodad`);
  await isDropped('ipv6', async () =>
    assert.equal(await thief.guest.reaches(target, '-I', stolen.ipv6), false),
  );
  await thief.guest.ip(`address del ${stolen.ipv6}/64 dev eth0`);
});

test('a guest cannot answer in the name of another one who has an IPv6 address', async () => {
  await thief.guest.try(
    'busybox',
    'sysctl',
    '-w',
    'net.ipv6.conf.all.forwarding=1',
    'net.ipv6.conf.eth0.proxy_ndp=1',
  );
  await thief.guest.ip(`neigh add proxy ${stolen.ipv6} dev eth0`);
  await victim.guest.ip('link set eth0 down');
  await isDropped('ipv6', async () => assert.equal(await other.guest.reaches(stolen.ipv6), false));
  assert.doesNotMatch(await neighbour(stolen.ipv6), new RegExp(thief.plan.mac));
});

/** Asserts that what a dnsmasq of the thief says when asked is dropped. */
async function isSilenced(config: readonly string[], ask: () => Promise<unknown>): Promise<void> {
  const file = path.join(host.folder, 'rogue.conf');
  await writeFile(file, ['port=0', `dhcp-leasefile=${host.folder}/rogue.leases`, ...config].join('\n'));
  const rogue = await thief.guest.start('dnsmasq', '--no-daemon', `--conf-file=${file}`);
  try {
    await isDropped('server', ask);
  } finally {
    process.kill(rogue.pid);
    await rogue.exited;
  }
}

test('a guest cannot hand out addresses', async () => {
  const range = withoutLength(thief.plan.ipv4?.address);
  await isSilenced(['dhcp-authoritative', `dhcp-range=${range},${range},1h`], () =>
    other.guest.try('busybox', 'udhcpc', '-i', 'eth0', '-nqf', '-t3', '-T1', '-s', '/bin/true'),
  );
});

test('a guest cannot play router', async () => {
  await thief.guest.ip('address add 2001:db8:bad::1/64 dev eth0 nodad');
  await isSilenced(['enable-ra', 'dhcp-range=2001:db8:bad::,ra-only'], async () => {
    await other.guest.ip('link set eth0 down', 'link set eth0 up');
  });
  const { stdout } = await other.guest.try('ip', '-6', 'address', 'show', 'dev', 'eth0');
  assert.doesNotMatch(stdout, /2001:db8:bad/);
});

test('a guest cannot send frames that are neither IP nor ARP', async () => {
  await isDropped('protocol', () =>
    thief.guest.ip('link add stp0 type bridge stp_state 1', 'link set eth0 master stp0', 'link set stp0 up'),
  );
});

test('a guest that was dismissed reaches nobody, and everybody again once admitted', async () => {
  const gateway = other.plan.ipv4?.gateway ?? '';
  await host.networks.dismiss('00000002', 'eth0');
  await host.networks.dismiss('00000002', 'eth0');
  assert.equal(await other.guest.reaches(gateway), false);
  await host.networks.admit('00000002', 'eth0');
  await host.networks.admit('00000002', 'eth0');
  // Its kernel still waits for an answer to the question that was dropped, and asks again only after a second.
  await eventually(async () => assert.ok(await other.guest.reaches(gateway)));
});
