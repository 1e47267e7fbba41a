import assert from 'node:assert/strict';
import { beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import type { Subnet } from '#host/network/addresses.ts';
import { overlaps, parseSubnet } from '#host/network/addresses.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { FakeBridgeNetwork } from './fake-bridge-network.ts';
import type { ManagedNetworksDeps } from './managed-networks.ts';
import { ManagedNetworks } from './managed-networks.ts';

let network: FakeBridgeNetwork;
let deps: ManagedNetworksDeps;
let networks: ManagedNetworks;
let claimedByOthers: string[];

beforeEach(async () => {
  network = new FakeBridgeNetwork();
  claimedByOthers = [];
  deps = {
    sharedStore: await openMemoryStore(),
    nodeStore: await openMemoryStore(),
    claims: { claimSubnet: (choose) => choose(claimedByOthers) },
    network,
    networksInUse: async () => [],
    logger: silentLogger,
  };
  networks = new ManagedNetworks(deps);
  await networks.open();
});

const web = { id: '00000001', instanceName: 'web', device: 'eth0', index: 0 };

async function reopened(): Promise<ManagedNetworks> {
  const later = new ManagedNetworks(deps);
  await later.open();
  return later;
}

test('a reserved NIC can be announced, found and plugged in', async () => {
  const plan = await networks.reserve(web);
  assert.match(plan.ipv4?.address ?? '', /^10\.\d+\.\d+\.\d+\/20$/);
  assert.match(plan.ipv6?.address ?? '', /^fd.*ff:fe.*\/64$/);
  assert.equal(plan.hostName, 'wd1a2b000000010');
  assert.equal(plan.bridge, 'wadahbr0');
  assert.deepEqual(networks.find(web.id, 'eth0'), plan);
  assert.deepEqual(networks.devicesOf(web.id), ['eth0']);
  assert.equal(network.announced.get('00000001.eth0')?.name, 'web');
});

test('guests are told to ask the host for names', () => {
  const { ipv4, ipv6 } = networks.bridge();
  const addresses = [ipv4, ipv6].map((cidr) => cidr?.split('/')[0]);
  assert.deepEqual(networks.resolver(), { nameservers: addresses, search: 'wadah' });
});

test('a host without IPv6 gives none', async () => {
  network.ipv6 = false;
  const later = await reopened();
  assert.equal((await later.reserve(web)).ipv6, undefined);
  assert.equal(later.bridge().ipv6, undefined);
  assert.equal(later.resolver().nameservers.length, 1);
});

test('networks and reservations are the same after the daemon comes back', async () => {
  const plan = await networks.reserve(web);
  const later = await reopened();
  assert.deepEqual(later.bridge(), networks.bridge());
  assert.deepEqual(later.find(web.id, 'eth0'), plan);
});

test('when the node store is lost, the network in which instances have addresses is taken again', async () => {
  await networks.reserve(web);
  deps.nodeStore = await openMemoryStore();
  assert.equal((await reopened()).bridge().ipv4, networks.bridge().ipv4);
});

test('a network that another daemon claimed meanwhile is left to it, and who moves is told', async () => {
  await networks.reserve(web);
  const warnings: string[] = [];
  deps.logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) };
  const { ipv4 = '' } = networks.bridge();
  claimedByOthers = [ipv4];
  const later = await reopened();
  assert.ok(!overlaps(parseSubnet(later.bridge().ipv4 ?? '') as Subnet, parseSubnet(ipv4) as Subnet));
  assert.match(warnings.join(), /new addresses at their next start: web$/);
});

test('a NIC is admitted with its addresses and dismissed, each any number of times', async () => {
  const { hostName, ipv4 } = await networks.reserve(web);
  await networks.admit(web.id, 'eth0');
  await networks.admit(web.id, 'eth0');
  assert.equal(`${network.admitted.get(hostName)?.ipv4}/20`, ipv4?.address);
  await networks.dismiss(web.id, 'eth0');
  await networks.dismiss(web.id, 'eth0');
  assert.equal(network.admitted.size, 0);
});

test('a NIC without addresses cannot be admitted', async () => {
  await assert.rejects(networks.admit(web.id, 'eth0'), { code: 'not-found' });
});

test('releasing a NIC dismisses it and withdraws its name, any number of times', async () => {
  await networks.reserve(web);
  await networks.admit(web.id, 'eth0');
  await networks.release(web.id, 'eth0');
  await networks.release(web.id, 'eth0');
  assert.equal(networks.find(web.id, 'eth0'), undefined);
  assert.deepEqual([network.admitted.size, network.announced.size], [0, 0]);
});

test('a new wish for a running guest is checked now and granted at its next start', async () => {
  const before = await networks.reserve(web);
  await networks.admit(web.id, 'eth0');
  const wish = { ...web, mac: '00:16:3e:12:34:56' };
  assert.deepEqual(await networks.reserve(wish), before);
  await assert.rejects(networks.reserve({ ...web, ipv4: '192.0.2.1' }), { code: 'invalid' });
  await networks.dismiss(web.id, 'eth0');
  assert.equal((await networks.reserve(wish)).mac, wish.mac);
});

test('a renamed instance is announced under its new name', async () => {
  await networks.reserve(web);
  await networks.rename(web.id, 'db');
  assert.equal(network.announced.get('00000001.eth0')?.name, 'db');
});

test('nothing is reserved before the network is up', async () => {
  const early = new ManagedNetworks(deps);
  await assert.rejects(early.reserve(web), { code: 'unavailable' });
});
