import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import type { Beancounter } from '#host/beancounters/beancounters.ts';
import { HostBeancounters } from '#host/beancounters/host-beancounters.ts';
import type { Counter } from '#model/counter.ts';
import { eventually } from '../../harness/host.ts';
import { inside, never } from './guest-program.ts';
import { addPerl, type HeldProgram, holding } from './perl.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
let containers: TestContainers;
let engine: CrunEngine;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
});
beforeEach(async () => {
  await engine.destroy(id);
  const plan = await containers.plan(id);
  await addPerl(plan.root.upper);
  await engine.start(plan, never);
});
afterAll(() => containers.close(engine, id));

const hold = (script: string): Promise<HeldProgram> => holding(engine, id, script);

async function limit(config: Record<string, string>): Promise<void> {
  await engine.update(await containers.plan(id, { config }), { isForced: false });
}

async function counter(resource: Beancounter | 'memory' | 'processes'): Promise<Counter> {
  return (await engine.counters(id, { isWhole: true }))?.counters[resource] ?? {};
}

/** From the test, which is in the host's place, to the guest. */
async function connectFromHost(port: number): Promise<Socket> {
  const socket = connect(port, '10.99.0.2');
  await once(socket, 'connect');
  socket.on('error', () => {}); // the server ends first
  return socket;
}

const [inet, unix, tcp, udp] = [2, 1, 1, 2];
/** Opens sockets and prints a line for each that is refused. */
const sockets = (count: number, family: number, type: number): string =>
  `for (1..${count}) { socket($s[$n++], ${family}, ${type}, 0) or print "$!\\n" }`;
const listener = (port: number): string =>
  `socket($l, ${inet}, ${tcp}, 0); bind($l, pack("SnNx8", ${inet}, ${port}, 0)); listen($l, 5)`;

test('a process that is killed because the memory limit is reached counts once; a soft one is a barrier', async () => {
  await limit({ 'limits.memory': '64MiB' });
  const tooMuch = 'dd if=/dev/zero of=/dev/null bs=100M count=1';
  assert.notEqual((await inside(engine, id, tooMuch)).status, 0);
  assert.notEqual((await inside(engine, id, tooMuch)).status, 0);
  const { limit: bytes, refusals } = await counter('memory');
  assert.deepEqual([bytes, refusals], [64 * 2 ** 20, 2]);
  await limit({ 'limits.memory': '64MiB', 'limits.memory.enforce': 'soft' });
  assert.equal((await inside(engine, id, tooMuch)).status, 0);
  const soft = await counter('memory');
  assert.deepEqual([soft.barrier, soft.limit, soft.refusals], [64 * 2 ** 20, undefined, 2]);
  await limit({});
  assert.equal((await counter('memory')).barrier, undefined);
});

test('each fork beyond the limit of processes counts once', async () => {
  await limit({ 'limits.processes': '12' });
  const forks =
    'for (1..20) { $p = fork; defined $p or print "refused\\n"; defined $p && !$p and exec "sleep", 1000 }';
  const held = await hold(forks);
  const refused = held.said.split('\n').length;
  assert.ok(refused > 8, held.said);
  const { limit: most, held: now, refusals } = await counter('processes');
  assert.deepEqual([most, now, refusals], [12, 12, refused]);
  await held.release();
});

test('a TCP socket beyond the limit is refused with ENOBUFS, and each refusal is counted once', async () => {
  await limit({ 'limits.tcp_sockets': '2' });
  const first = await hold(sockets(5, inet, tcp));
  assert.equal(first.said, 'No buffer space available\n'.repeat(3).trim());
  assert.deepEqual(await counter('tcp_sockets'), { held: 2, peak: 2, limit: 2, refusals: 3 });
  await limit({ 'limits.tcp_sockets': '3' });
  const second = await hold(sockets(1, inet, tcp));
  assert.equal(second.said, '');
  await Promise.all([first.release(), second.release()]);
  assert.deepEqual(await counter('tcp_sockets'), { held: 0, peak: 3, limit: 3, refusals: 3 });
  await limit({});
  assert.deepEqual(await counter('tcp_sockets'), { held: 0, peak: 3, refusals: 3 });
});

test('other sockets have a limit of their own, and unix sockets none', async () => {
  await limit({ 'limits.other_sockets': '1', 'limits.tcp_sockets': '0' });
  const held = await hold(`${sockets(3, inet, udp)}; ${sockets(1, inet, tcp)}; ${sockets(4, unix, tcp)}`);
  assert.equal(held.said.split('\n').length, 3);
  assert.deepEqual(await counter('other_sockets'), { held: 1, peak: 1, limit: 1, refusals: 2 });
  assert.deepEqual(await counter('tcp_sockets'), { held: 0, peak: 0, limit: 0, refusals: 1 });
  assert.equal((await counter('unix_sockets')).held, 4);
  await held.release();
});

test('a connection that a client makes counts as a socket of the server until the server closes it', async () => {
  const server = await hold(listener(7001));
  await connectFromHost(7001);
  await connectFromHost(7001);
  // The server has accepted neither.
  await eventually(async () => assert.equal((await counter('tcp_sockets')).held, 3));
  await server.release();
  await eventually(async () => assert.equal((await counter('tcp_sockets')).held, 0));
});

test('an accepted connection counts once', async () => {
  const accepting = hold(`${listener(7001)}; accept($c, $l)`);
  await eventually(async () => assert.equal((await counter('tcp_sockets')).held, 1));
  const client = await connectFromHost(7001);
  const server = await accepting;
  client.resetAndDestroy(); // the server's socket is closed then, but still open
  assert.equal((await counter('tcp_sockets')).held, 2);
  await server.release();
  assert.deepEqual(await counter('tcp_sockets'), { held: 0, peak: 2, refusals: 0 });
});

test('with no room left a client is kept waiting, and gets through once there is some', async () => {
  await limit({ 'limits.tcp_sockets': '1' });
  const server = await hold(listener(7001));
  const connecting = connectFromHost(7001);
  await eventually(async () => assert.ok(((await counter('tcp_sockets')).refusals ?? 0) >= 1));
  await limit({ 'limits.tcp_sockets': '2' });
  (await connecting).destroy(); // its next try comes a second later
  await server.release();
});

test('the counters of the next daemon go on with the counts and the limits', async () => {
  await limit({ 'limits.tcp_sockets': '1' });
  const held = await hold(sockets(2, inet, tcp));
  const { run, cgroups } = containers.host;
  const { group } = cgroups.folders(id);
  const next = new HostBeancounters(path.join(run, 'bpf'), silentLogger);
  await next.open();
  assert.deepEqual(next.readCounted(group).tcp_sockets, { held: 1, peak: 1, limit: 1, refusals: 1 });
  await (await hold(sockets(1, inet, tcp))).release();
  assert.equal(next.readCounted(group).tcp_sockets?.refusals, 2);
  next.close();
  await held.release();
});

test('what is only listed is held by as many as there are', async (t) => {
  if (process.arch !== 'x64') t.skip('the script has the numbers of x86-64 for system calls');
  const held = await hold(
    [
      'open($f[$_], "<", "/dev/null") for 1..7', // files
      'open($k, ">", "/tmp/lock"); flock($k, 2)', // another file, and a lock
      'open($p[$_], "+<", "/dev/ptmx") for 1..2',
      'syscall(29, 0, 8192, 01600)', // shmget: two pages
      '$n = syscall(294, 0)', // inotify_init1
      'syscall(325, $m = syscall(9, 0, 16384, 3, 0x22, -1, 0), 16384, 0)', // mmap, mlock2
    ].join('; '),
  );
  const listed = (await engine.counters(id, { isWhole: true }))?.counters;
  assert.equal(listed?.file_locks?.held, 1);
  assert.equal(listed.terminals?.held, 2);
  assert.equal(listed.shared_memory?.held, 8192);
  assert.equal(listed.inotify_instances?.held, 1);
  assert.equal(listed.locked_memory?.held, 16384);
  assert.equal(listed.keys?.held, 0, 'containers are not let at the keyrings');
  assert.ok((listed.files?.held ?? 0) >= 14, 'its own, and those of whatever else runs inside');
  assert.ok((listed.mounts?.held ?? 0) > 5);
  await held.release();
});
