import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { findLinkIndex } from '#host/sys/netlink.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const [first, second] = ['00000001', '00000002'];
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  for (const [number, id] of [first, second].entries()) {
    await engine.start(await containers.plan(id, { number: number + 1 }), never);
  }
});
afterAll(() => containers.close(engine, first, second));

const status = async (id: string, script: string): Promise<number> =>
  (await inside(engine, id, script)).status;

test('the network is ready when init begins: addresses, routes, loopback', async () => {
  const { stdout } = await inside(engine, first, 'ip address; ip route; ip -6 route');
  for (const part of [
    'inet 10.99.0.2/20 brd 10.99.15.255',
    'inet6 fd99::2/64',
    'default via 10.99.0.1',
    'inet 127.0.0.1/8',
  ]) {
    assert.ok(stdout.includes(part), `${part} in ${stdout}`);
  }
  assert.match(stdout, /default via fd99::1 dev eth0/);
  assert.match(stdout, /link\/ether 00:16:3e:00:00:01/);
  assert.doesNotMatch(stdout, /tentative|dadfailed/);
});

test('the gateway and the neighbour answer in both families', async () => {
  for (const address of ['10.99.0.1', '10.99.0.3', 'fd99::1', 'fd99::3']) {
    assert.equal(await status(first, `ping -c 1 -W 5 ${address}`), 0, address);
  }
});

test('the guest may change its own network', async () => {
  assert.equal(await status(second, 'ip address add 192.0.2.1/32 dev eth0 && ip link set eth0 mtu 1400'), 0);
});

test('what the guest receives counts as received', async () => {
  const before = (await engine.usage(first))?.network['eth0'];
  const socket = createSocket('udp4');
  const letters = Buffer.alloc(1000);
  for (let letter = 0; letter < 100; letter += 1) {
    await new Promise((resolve) => socket.send(letters, 9, '10.99.0.2', resolve));
  }
  socket.close();
  const after = (await engine.usage(first))?.network['eth0'];
  const received = (after?.receivedBytes ?? 0) - (before?.receivedBytes ?? 0);
  const sent = (after?.sentBytes ?? 0) - (before?.sentBytes ?? 0);
  assert.ok(received > 100_000 && sent < 20_000, `received ${received}, sent ${sent}`);
  assert.equal(after?.isUp, true);
  assert.equal(after?.mtu, 1500);
});

test('the host’s end has no addresses of its own, and goes with the instance', async () => {
  const [nic] = (await containers.plan(second, { number: 2 })).nics;
  const { stdout } = await containers.host.programs.run([
    'ip',
    '-6',
    'address',
    'show',
    'dev',
    nic?.hostName ?? '',
  ]);
  assert.equal(stdout, '');
  await engine.stop(second, 0, never);
  await engine.destroy(second);
  assert.equal(findLinkIndex(nic?.hostName ?? ''), undefined);
});
