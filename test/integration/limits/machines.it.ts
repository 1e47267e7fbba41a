import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, type TestContext, test } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import type { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { blockDeviceOf } from '#host/storage/block-device.ts';
import { type ConfigKey, configKeys, readSettings } from '#model/config-keys.ts';
import { deviceTypes, type NicRates } from '#model/device.ts';
import { eventually } from '../../harness/host.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { inside, never } from '../engine/guest-program.ts';
import { TestVms } from '../vm/test-vms.ts';

const id = '0123abcd';
const rivalId = '4567cdef';
const type = 'virtual-machine';
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;
const config = { 'limits.memory': '256MiB', 'raw.qemu': '-smbios "type=1,serial=told by hand"' };
let folder: string;
let pid: number;

beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/wadah-guest-');
  const boot = await makeNanoGuest(folder);
  vms = await TestVms.open();
  engine = await vms.engine(sshGuestAccess);
  plan = { ...(await vms.plan(id, { config })), boot };
  ({ pid } = await engine.start(plan, never));
});
afterAll(async () => {
  await vms.close(engine, id);
  await rm(folder, { recursive: true });
});

const guest = async (script: string): Promise<string> => (await inside(engine, id, script)).stdout;

async function set(change: Record<string, string>): Promise<void> {
  const settings = readSettings({ ...config, ...change });
  await engine.update({ ...plan, settings });
}

async function setDisk(root: Partial<RunPlan['root']>): Promise<void> {
  await engine.update({ ...plan, root: { ...plan.root, ...root } as RunPlan['root'] });
}

const spin = '(while :; do :; done) >/dev/null 2>&1 & echo $! >/tmp/spinning';
const rest = 'kill $(cat /tmp/spinning)';

/** How often the processor was taken from QEMU because its time was used up. */
function throttled(): number {
  const { v1, group } = vms.host.cgroups.folders(id);
  const ofCpu = Object.entries(v1).find(([names]) => names.split(',').includes('cpu'))?.[1];
  const text = readFileSync(path.join(ofCpu ?? group, 'cpu.stat'), 'utf8');
  return Number(/^nr_throttled (\d+)/m.exec(text)?.[1] ?? 0);
}

/** Processor time of a group so far, in nanoseconds. */
const timeOf = (group: string): bigint => vms.host.cgroups.usage(group)?.cpuNanoseconds ?? 0n;

/** How much more processor time the machine gets than a program of the host that has a group of its own. */
async function advantageOverRival(change: Record<string, string>): Promise<number> {
  await set({ 'limits.cpu': '0-0', ...change });
  const { payload, v1 } = await vms.host.cgroups.make(rivalId, 0);
  await vms.host.cgroups.setLimits(rivalId, { cpus: [0] });
  let rival: ChildProcess | undefined;
  try {
    rival = spawn('sh', ['-c', 'read go; while :; do :; done'], { stdio: ['pipe', 'ignore', 'ignore'] });
    for (const each of [payload, ...Object.values(v1)])
      writeFileSync(path.join(each, 'cgroup.procs'), String(rival.pid));
    await guest(spin);
    rival.stdin?.end('go\n');
    const [mine, theirs] = [timeOf(id), timeOf(rivalId)];
    return await eventually(async () => {
      const grown = [timeOf(id) - mine, timeOf(rivalId) - theirs].map(Number);
      assert.ok((grown[0] ?? 0) + (grown[1] ?? 0) > 1e9, 'a second is enough to see who is preferred');
      return (grown[0] ?? 0) / (grown[1] ?? 1);
    });
  } finally {
    await vms.host.cgroups.killAll(rivalId);
    await vms.host.cgroups.remove(rivalId);
    await guest(rest);
  }
}

/** What the kernel says of every thread of QEMU, each line once. */
function ofThreads(line: string): string[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const found = tasks.map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'));
  return [...new Set(found.map((text) => new RegExp(`^${line}:\\s+(.*)$`, 'm').exec(text)?.[1] ?? ''))];
}

/** Milliseconds that something inside takes. What is made to wait takes longer on a busy host, never less. */
async function takesMs(script: string): Promise<number> {
  const begin = performance.now();
  await guest(script);
  return performance.now() - begin;
}

const slowBits = 8e6;
const threeMegabytes = 'dd if=/dev/zero bs=1M count=3 2>/dev/null';
const listen = 'busybox nc -l -p 5002';
const toHost = 'nc 10.98.0.1 5002';

async function setNic(rates: NicRates): Promise<void> {
  await engine.update({ ...plan, nics: plan.nics.map((nic) => ({ ...nic, rates })) });
  await guest('ip addr add 10.98.0.2/20 dev eth0 2>/dev/null; true');
}

/** Milliseconds that something in the guest takes, which connects to that listener on the host. */
async function talkingMs(listener: string, script: string): Promise<number> {
  const host = spawn('sh', ['-c', listener], { stdio: ['pipe', 'ignore', 'ignore'] });
  const done = once(host, 'exit');
  const listening = ['ss', '-Hltn', 'sport = 5002'];
  await eventually(async () => assert.notEqual((await vms.host.programs.run(listening)).stdout, ''));
  const taken = await takesMs(script);
  await done;
  return taken;
}

/** nc hangs up when its input ends, hence the pipe that never does. */
const receivingMs = (): Promise<number> =>
  talkingMs(
    `${threeMegabytes} | ${listen}`,
    `mkfifo /never 2>/dev/null; exec 3<>/never; ${toHost} <&3 >/dev/null`,
  );

const sendingMs = (): Promise<number> => talkingMs(`exec ${listen}`, `${threeMegabytes} | ${toHost}`);

const slow = { bytes: 2 ** 20 };
const readDisk = 'dd if=/dev/vda of=/dev/null bs=64k count=48 iflag=direct';
const writeDisk = 'dd if=/dev/zero of=/dev/vda bs=64k count=48 oflag=direct';
const disk = blockDeviceOf('/var/tmp');

type Effect = (t: TestContext) => Promise<void>;

/** Everything that is live, and how its effect is seen from inside or by running into it. */
const effects: Record<string, Effect> = {
  async 'limits.cpu'(t) {
    if (availableParallelism() < 2) t.skip('this host has one processor');
    await set({ 'limits.cpu': '1-1' });
    assert.deepEqual(ofThreads('Cpus_allowed_list'), ['1']);
    await set({});
    assert.notDeepEqual(ofThreads('Cpus_allowed_list'), ['1']);
  },
  async 'limits.cpu.allowance'() {
    await guest(spin);
    await set({ 'limits.cpu.allowance': '10ms/100ms' });
    const before = throttled();
    await eventually(async () => assert.ok(throttled() > before + 2));
    await set({});
    await guest(rest);
    const share = await advantageOverRival({ 'limits.cpu.allowance': '10%' });
    assert.ok(share < 0.5, `a tenth of the share, got ${share}`);
  },
  async 'limits.cpu.priority'() {
    const share = await advantageOverRival({ 'limits.cpu.priority': '0' });
    assert.ok(share < 0.5, `the least of all, got ${share}`);
  },
  async 'limits.cpu.nodes'() {
    await set({ 'limits.cpu.nodes': '0' });
    assert.deepEqual(ofThreads('Mems_allowed_list'), ['0']);
    await assert.rejects(set({ 'limits.cpu.nodes': '900' }), { code: 'insufficient' });
  },
  async 'limits.disk.priority'() {
    if (disk.scheduler === 'bfq') return set({ 'limits.disk.priority': '10' });
    await assert.rejects(set({ 'limits.disk.priority': '10' }), { code: 'unsupported' });
  },
  async 'disk limits.read'() {
    await setDisk({ io: { read: slow, write: undefined } });
    assert.ok((await takesMs(readDisk)) > 2000, 'three seconds’ worth');
    await setDisk({ io: { read: { operations: 10 }, write: undefined } });
    assert.ok((await takesMs(readDisk)) > 2000, 'nearly five seconds’ worth');
  },
  async 'disk limits.write'() {
    await setDisk({ io: { read: undefined, write: slow } });
    assert.ok((await takesMs(writeDisk)) > 2000, 'three seconds’ worth');
  },
  async 'disk limits.max'() {
    await setDisk({ io: { read: slow, write: slow } });
    assert.ok((await takesMs(readDisk)) > 2000, 'three seconds’ worth');
    assert.ok((await takesMs(writeDisk)) > 2000, 'three seconds’ worth');
  },
  async 'nic limits.ingress'() {
    await setNic({ ingress: slowBits, egress: undefined });
    assert.ok((await receivingMs()) > 2000, 'three seconds’ worth');
  },
  async 'nic limits.egress'() {
    await setNic({ ingress: undefined, egress: slowBits });
    assert.ok((await sendingMs()) > 2000, 'three seconds’ worth');
  },
  async 'nic limits.max'() {
    await setNic({ ingress: slowBits, egress: slowBits });
    assert.ok((await receivingMs()) > 2000, 'three seconds’ worth');
    assert.ok((await sendingMs()) > 2000, 'three seconds’ worth');
  },
  async 'disk size'() {
    const sizeBytes = 96 * 2 ** 20;
    await setDisk({ sizeBytes });
    await eventually(async () =>
      assert.equal(Number(await guest('cat /sys/block/vda/size')) * 512, sizeBytes),
    );
  },
};

const live = Object.entries<ConfigKey>(configKeys)
  .filter(([, key]) => key.carriedBy === 'engine' && (key.live.includes(type) || key.liveWhen[type]))
  .map(([name]) => name);
const liveOptions = Object.entries(deviceTypes).flatMap(([device, { options }]) =>
  Object.entries(options)
    .filter(([, option]) => option.live.includes(type))
    .map(([option]) => `${device} ${option}`),
);

describe('each key that is live changes a running virtual machine, which does not notice', () => {
  afterEach(() => engine.update(plan));

  test.for([...live, ...liveOptions])('%s', async (name, t) => {
    const effect = effects[name];
    assert.ok(effect, `${name} says that it is live, and no test shows it`);
    const bootId = await guest('cat /proc/sys/kernel/random/boot_id');
    await effect(t);
    assert.equal(await guest('cat /proc/sys/kernel/random/boot_id'), bootId);
  });
});

test('what the owner wants QEMU to be told besides, it is told', async () => {
  assert.equal(await guest('cat /sys/class/dmi/id/product_serial'), 'told by hand');
});
