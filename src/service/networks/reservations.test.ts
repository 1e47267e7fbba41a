import assert from 'node:assert/strict';
import fc from 'fast-check';
import { beforeEach, test } from 'vitest';
import type { Subnet } from '#host/network/addresses.ts';
import { parseSubnet } from '#host/network/addresses.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';
import type { NicRequest } from './networks.ts';
import { Reservations } from './reservations.ts';

const subnet = parseSubnet('10.64.0.0/20') as Subnet;
const tiny = parseSubnet('10.64.0.0/28') as Subnet; // 13 addresses for guests

let store: Store;
let reservations: Reservations;

beforeEach(async () => {
  store = await openMemoryStore();
  reservations = new Reservations(store);
});

const request = (number: number, wishes: Partial<NicRequest> = {}): NicRequest => ({
  id: number.toString(16).padStart(8, '0'),
  instanceName: `web${number}`,
  device: 'eth0',
  index: 0,
  ...wishes,
});

const keys = async (): Promise<string[]> => (await store.range('')).map(({ key }) => key);

test('reserving again gives the same, and so does a daemon that comes back', async () => {
  const first = await reservations.reserve(request(1), subnet);
  assert.equal((await reservations.reserve(request(1), subnet)).ipv4, first.ipv4);
  const later = new Reservations(store);
  await later.load();
  const { modRevision: _, ...kept } = later.index.find(first) ?? assert.fail('nothing kept');
  assert.deepEqual(kept, first);
});

test('no two NICs get the same MAC or address, however many ask at once on however many nodes', async () => {
  const nodes = [reservations, new Reservations(store), new Reservations(store)];
  const numbers = fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 13, maxLength: 13 });
  await fc.assert(
    fc.asyncProperty(numbers, async (all) => {
      const made = await Promise.all(
        all.map((number, place) => (nodes[place % 3] as Reservations).reserve(request(number), tiny)),
      );
      assert.equal(new Set(made.map(({ ipv4 }) => ipv4)).size, 13);
      assert.equal(new Set(made.map(({ mac }) => mac)).size, 13);
      for (const node of nodes) await node.load();
      for (const nic of made) await reservations.release(nic);
      for (const node of nodes) await node.load();
      assert.deepEqual(await keys(), []);
    }),
    { numRuns: 30 },
  );
});

test('when all addresses are taken the next one is told so', async () => {
  for (let number = 1; number <= 13; number += 1) await reservations.reserve(request(number), tiny);
  await assert.rejects(reservations.reserve(request(14), tiny), { code: 'insufficient' });
});

test('wishes are granted', async () => {
  const { mac, ipv4 } = await reservations.reserve(
    request(1, { mac: '00:16:3E:12:34:56', ipv4: '10.64.3.4' }),
    subnet,
  );
  assert.deepEqual({ mac, ipv4 }, { mac: '00:16:3e:12:34:56', ipv4: '10.64.3.4' });
});

test('what another NIC has is refused, and its owner is named', async () => {
  await reservations.reserve(request(1, { ipv4: '10.64.3.4', mac: '00:16:3e:12:34:56' }), subnet);
  const owner = { code: 'exists', message: /belongs to NIC "eth0" of instance "web1"/ };
  await assert.rejects(reservations.reserve(request(2, { ipv4: '10.64.3.4' }), subnet), owner);
  await assert.rejects(reservations.reserve(request(2, { mac: '00:16:3e:12:34:56' }), subnet), owner);
  await assert.rejects(
    reservations.reserve(request(1, { device: 'eth1', ipv4: '10.64.3.4' }), subnet),
    owner,
  );
});

test('what another NIC got on another node is refused, too', async () => {
  const elsewhere = new Reservations(store);
  await elsewhere.reserve(request(1, { ipv4: '10.64.3.4' }), subnet);
  await assert.rejects(reservations.reserve(request(2, { ipv4: '10.64.3.4' }), subnet), { code: 'exists' });
});

test.for([
  ['10.65.0.5', 'outside the network'],
  ['10.64.0.0', 'the network itself'],
  ['10.64.0.1', 'the host'],
  ['10.64.15.255', 'everybody'],
  ['fd00::5', 'of another family'],
  ['none', 'no address'],
])('the address %s (%s) is refused', async ([ipv4 = '']) => {
  await assert.rejects(reservations.reserve(request(1, { ipv4 }), subnet), { code: 'invalid' });
  assert.deepEqual(await keys(), []);
});

test('a MAC that no NIC may have is refused', async () => {
  await assert.rejects(reservations.reserve(request(1, { mac: '01:00:5e:00:00:01' }), subnet), {
    code: 'invalid',
  });
});

test('a changed wish frees what the NIC had before', async () => {
  await reservations.reserve(request(1, { ipv4: '10.64.3.4' }), subnet);
  await reservations.reserve(request(1, { ipv4: '10.64.3.5' }), subnet);
  assert.equal((await reservations.reserve(request(2, { ipv4: '10.64.3.4' }), subnet)).ipv4, '10.64.3.4');
});

test('an address of a network that the host had before is replaced; the MAC stays', async () => {
  const before = await reservations.reserve(request(1), subnet);
  const moved = parseSubnet('172.16.0.0/20') as Subnet;
  const after = await reservations.reserve(request(1), moved);
  assert.match(after.ipv4, /^172\.16\./);
  assert.equal(after.mac, before.mac);
});

test('a NIC keeps its place when another one is put before it', async () => {
  await reservations.reserve(request(1, { device: 'eth1', index: 0 }), subnet);
  const added = await reservations.reserve(request(1, { device: 'eth0', index: 0 }), subnet);
  const again = await reservations.reserve(request(1, { device: 'eth1', index: 1 }), subnet);
  assert.deepEqual([added.index, again.index], [1, 0]);
});

test('renaming an instance changes the name of all its NICs and nothing else', async () => {
  const nics = [
    await reservations.reserve(request(1), subnet),
    await reservations.reserve(request(1, { device: 'eth1', index: 1 }), subnet),
  ];
  await reservations.rename('00000001', 'db');
  await reservations.load();
  const renamed = reservations.index.of('00000001').map(({ modRevision: _, ...nic }) => nic);
  assert.deepEqual(
    renamed,
    nics.map((nic) => ({ ...nic, instanceName: 'db' })),
  );
});
