import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import { overlayOf } from '#engine/container/rootfs.ts';
import type { EngineEvent, RunPlan } from '#engine/engine.ts';
import { readMounts } from '#host/mount/mountinfo.ts';
import { wireNamespace } from '#host/network/veth.ts';
import { mount, mountFlags } from '#host/sys/mounts.ts';
import { findLinkIndex } from '#host/sys/netlink.ts';
import { eventually } from '../../harness/host.ts';
import { execRequest } from '#engine/test-exec.ts';
import { inside, never } from './guest-program.ts';
import { TestContainers } from './test-containers.ts';

const id = '0123abcd';
let containers: TestContainers;
let engine: CrunEngine;
let plan: RunPlan;
let events: EngineEvent[] = [];

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  engine.onEvent((event) => events.push(event));
  plan = await containers.plan(id);
});
afterEach(async () => {
  await engine.destroy(id);
  assert.deepEqual(traces(), []);
  events = [];
});
afterAll(() => containers.close(engine));

/** Everything on the host that bears the instance's id. */
function traces(): string[] {
  const { run, cgroups } = containers.host;
  const { group, v1 } = cgroups.folders(id);
  const folders = [group, ...Object.values(v1), path.join(run, 'instances', id), path.join(run, 'crun', id)];
  const links = plan.nics.filter(({ hostName }) => findLinkIndex(hostName) !== undefined);
  return [
    ...folders.filter((folder) => existsSync(folder)),
    ...readMounts()
      .filter(({ target }) => target.includes(id))
      .map(({ target }) => target),
    ...links.map(({ hostName }) => hostName),
  ];
}

/** Names of all processes that are ours. */
function children(): string[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  return pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
}

const guest = (script: string): Promise<string> => inside(engine, id, script).then(({ stdout }) => stdout);

for (const [command, reason] of [
  ['reboot', 'reboot'],
  ['poweroff', 'power-off'],
] as const) {
  test(`the next daemon tells a ${reason} from inside, of what it has not started itself`, async () => {
    const handle = await engine.start(plan, never);
    await engine.close();
    engine = await containers.engine();
    engine.onEvent((event) => events.push(event));
    assert.deepEqual(await engine.recover(plan, handle), { state: 'running' });
    await guest(`${command} -f`).catch(() => {});
    await eventually(async () => {
      const exits = events.flatMap((event) => (event.kind === 'exited' ? [event.exit.reason] : []));
      assert.deepEqual(exits, [reason]);
    });
  });
}

test('the disk outlives the run', async () => {
  await engine.start(plan, never);
  await guest('echo kept >/root/file');
  await engine.stop(id, 0, never);
  await engine.destroy(id);
  await engine.start(plan, never);
  assert.equal(await guest('cat /root/file'), 'kept');
});

test('it can be started again at once, however often', async () => {
  for (let round = 0; round < 20; round += 1) {
    await engine.start(plan, never);
    await engine.stop(id, 0, never);
    await engine.destroy(id);
  }
});

const broken: Record<string, (plan: RunPlan) => RunPlan> = {
  'an image that is not there': (good) => ({
    ...good,
    root: { ...overlayOf(good), lower: ['/nowhere/rootfs'] },
  }),
  'a bridge that is not there': (good) => ({
    ...good,
    nics: good.nics.map((nic) => ({ ...nic, bridge: 'nowhere0' })),
  }),
  'an address that is none': (good) => ({
    ...good,
    nics: good.nics.map((nic) => ({ ...nic, ipv4: { address: '10.0.0.1', gateway: '10.0.0.2' } })),
  }),
  'an id range that the kernel refuses': (good) => ({ ...good, idRange: { base: 1_000_000, size: 0 } }),
  'an init that is not there': (good) => ({ ...good, init: { ...good.init, command: ['/sbin/nothing'] } }),
};

for (const [what, breakPlan] of Object.entries(broken)) {
  test(`a start that fails leaves nothing: ${what}`, async () => {
    await assert.rejects(engine.start(breakPlan(plan), never));
    assert.deepEqual(traces(), []);
    await eventually(async () => assert.deepEqual(children(), ['lxcfs']));
    await engine.start(plan, never);
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'exited'),
      [],
    );
  });
}

test('a start that is cancelled on its way leaves nothing', async () => {
  for (const afterMs of [0, 1, 2, 4, 6, 8, 10, 15]) {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), afterMs);
    const started = await engine.start(plan, cancel.signal).then(
      () => true,
      () => false,
    );
    if (started) await engine.destroy(id);
    assert.deepEqual(traces(), []);
  }
});

test('a start comes after one that the daemon died in', async () => {
  const { run, cgroups, programs } = containers.host;
  const folder = path.join(run, 'instances', id);
  for (const name of ['console', 'lower0', 'root', 'host'])
    await mkdir(path.join(folder, name), { recursive: true });
  await mount({ source: 'console', target: path.join(folder, 'console'), type: 'tmpfs' });
  const [lower = ''] = overlayOf(plan).lower;
  await mount({ source: lower, target: path.join(folder, 'lower0'), flags: mountFlags.bind });
  await mkdir(path.join(run, 'crun', id));
  await writeFile(path.join(folder, 'links'), plan.nics.map(({ hostName }) => hostName).join('\n'));
  const { payload } = await cgroups.make(id, 0);
  const holder = await programs.spawn(['unshare', '--net', 'sleep', '1000'], { leaf: payload });
  const network = `/proc/${holder.pid}/ns/net`;
  await eventually(async () =>
    assert.notEqual(readlinkSync(network), readlinkSync('/proc/thread-self/ns/net')),
  );
  await wireNamespace(network, plan.nics);
  await engine.start(plan, never);
  assert.equal((await holder.exited).signal, 'SIGKILL');
  assert.ok(readdirSync(lower).includes('bin'), 'the image was not cleared away with the rest');
});

test('an init that does not listen is killed when its time is over', async () => {
  const deaf = { ...plan, init: { ...plan.init, stopSignal: 'SIGWINCH' } };
  await engine.start(deaf, never);
  assert.equal((await engine.stop(id, 50, never)).reason, 'killed');
});

test('a stop can be called off, and the end that comes later is reported', async () => {
  const deaf = { ...plan, init: { ...plan.init, stopSignal: 'SIGWINCH' } };
  const { pid } = await engine.start(deaf, never);
  await assert.rejects(engine.stop(id, 60_000, AbortSignal.timeout(50)), { name: 'TimeoutError' });
  assert.equal(await guest('echo alive'), 'alive');
  process.kill(pid, 'SIGKILL');
  await eventually(async () => assert.equal(events.at(-1)?.kind, 'exited'));
});

test('a guest that prints without end fills nothing, and keeps its newest words', async () => {
  await engine.start(plan, never);
  await eventually(async () => assert.match(await engine.consoleLog(id), /init of guest1 says hello/));
  for (let round = 0; round < 4; round += 1) {
    await guest('head -c 600000 /dev/zero >/proc/1/fd/1 2>&1; true');
    await eventually(async () => {
      const log = path.join(containers.host.run, 'instances', id, 'console/log');
      assert.ok((await readFile(log)).length < 600_000);
    });
  }
  await guest('echo newest >>/proc/1/fd/1');
  const log = await engine.consoleLog(id);
  assert.ok(log.length <= 128 * 1024);
  assert.match(log, /newest\n$/);
});

test('the dead are buried, those of programs that could not start too, so init can end', async () => {
  await engine.start(plan, never);
  const failing = Array.from({ length: 10 }, () => engine.exec(id, execRequest(['/missing']), never));
  await Promise.allSettled(failing);
  await Promise.all(Array.from({ length: 10 }, () => guest('true')));
  await eventually(async () => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const states = children.map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]);
    assert.ok(!states.includes('Z'));
  });
  assert.equal((await engine.stop(id, 60_000, never)).reason, 'power-off');
});

test('memory that runs out is told', async () => {
  const small = await containers.plan(id, { config: { 'limits.memory': '24MiB' } });
  await engine.start(small, never);
  const { status } = await inside(engine, id, 'dd if=/dev/zero of=/dev/null bs=60M count=1');
  assert.notEqual(status, 0);
  await engine.usage(id);
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'out-of-memory'),
    [{ kind: 'out-of-memory', id, kills: 1 }],
  );
});

test('files of an instance that does not run are reached with the guest’s own ids', async () => {
  await engine.start(plan, never);
  await guest('echo inside >/root/mine; chown 1000 /root/mine');
  await engine.stop(id, 0, never);
  await engine.destroy(id);
  const mounted = await engine.mountRoot(plan);
  assert.equal(await readFile(path.join(mounted.path, 'root/mine'), 'utf8'), 'inside\n');
  await writeFile(path.join(mounted.path, 'root/ours'), 'outside');
  await mounted.unmount();
  assert.deepEqual(traces(), []);
  await engine.start(plan, never);
  assert.equal(await guest('stat -c "%u %n" /root/mine /root/ours'), '1000 /root/mine\n0 /root/ours');
});
