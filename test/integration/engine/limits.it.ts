import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { eventually } from '../../harness/host.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  await engine.start(await containers.plan(id), never);
});
afterAll(() => containers.close(engine, id));

const guest = (script: string): Promise<string> => inside(engine, id, script).then(({ stdout }) => stdout);

async function limit(config: Record<string, string>, isForced = false): Promise<void> {
  await engine.update(await containers.plan(id, { config }), { isForced });
}

test('processors can be taken and given while it runs, and every program inside sees it', async (t) => {
  if (availableParallelism() < 2) t.skip('this host has one processor');
  await limit({ 'limits.cpu': '1' });
  assert.equal(await guest('nproc'), '1');
  assert.equal(await guest('grep -c ^processor /proc/cpuinfo'), '1');
  await limit({});
  assert.equal(await guest('nproc'), String(availableParallelism()));
});

test('memory can be limited while it runs: programs see less, and run into it', async () => {
  await limit({ 'limits.memory': '64MiB' });
  assert.match(await guest('cat /proc/meminfo'), /^MemTotal:\s+65536 kB/m);
  const tooMuch = 'dd if=/dev/zero of=/dev/null bs=100M count=1';
  assert.notEqual((await inside(engine, id, tooMuch)).status, 0);
  await limit({});
  assert.equal((await inside(engine, id, tooMuch)).status, 0);
});

test('processes can be limited while it runs', async () => {
  await limit({ 'limits.processes': '12' });
  const forks = 'for i in $(seq 20); do sleep 3 & done; true';
  assert.match((await inside(engine, id, forks)).stderr, /fork/);
  await eventually(async () => assert.ok(((await engine.usage(id))?.processes ?? 99) < 5));
  await limit({});
  assert.equal((await inside(engine, id, forks)).stderr, '');
});

test('a program that cannot begin for the limit of processes is refused with words that name it', async () => {
  await eventually(async () => assert.ok(((await engine.usage(id))?.processes ?? 99) < 5));
  await limit({ 'limits.processes': '8' });
  await inside(engine, id, '(for i in $(seq 20); do sleep 1000 & echo $! >>/tmp/asleep; done) 2>/dev/null');
  await assert.rejects(guest('true'), { code: 'insufficient', message: /processes, may have 8/ });
  await limit({});
  await guest('kill $(cat /tmp/asleep)');
});

test('environment that changes is there for the next program', async () => {
  await limit({ 'environment.COLOUR': 'green' });
  assert.equal(await guest('echo $COLOUR'), 'green');
});

test('a limit below what is in use is refused, and the one before stays', async () => {
  await inside(engine, id, 'dd if=/dev/zero of=/dev/shm/held bs=1M count=40');
  await assert.rejects(limit({ 'limits.memory': '8MiB' }), { code: 'insufficient' });
  assert.equal(await guest('ls /dev/shm'), 'held');
  await guest('rm /dev/shm/held');
});

test('a limit that is forced below what is in use costs the largest program its life, and no other', async () => {
  const hold = 'dd if=/dev/zero of=/dev/null bs=60M count=1000000 & echo $! >/tmp/large; sleep 1000 &';
  await guest(`(${hold}) >/dev/null 2>&1`);
  await eventually(async () => assert.ok(((await engine.usage(id))?.memoryBytes ?? 0) > 55 * 2 ** 20));
  await assert.rejects(limit({ 'limits.memory': '32MiB' }), { code: 'insufficient' });
  await limit({ 'limits.memory': '32MiB' }, true);
  assert.equal(await guest('kill -0 $(cat /tmp/large) 2>/dev/null && echo there || echo gone'), 'gone');
  assert.equal(await guest('ps | grep -c "[s]leep 1000"'), '2', 'its own, and the one of init');
  await limit({});
});
