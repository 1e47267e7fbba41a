import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, type TestContext, test } from 'vitest';
import { type ConfigKey, configKeys } from '#model/config-keys.ts';
import { deviceTypes } from '#model/device.ts';
import { blockDeviceOf } from '#host/storage/block-device.ts';
import { eventually, makeHost, type TestHost } from '../../harness/host.ts';
import { Limited } from './limited.ts';

let host: TestHost;
let web: Limited;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
  await host.must('launch', 'busybox', 'web');
  web = new Limited(host, 'web');
});
afterAll(() => host.remove());

type Effect = (t: TestContext) => Promise<void>;

const spin = '(while :; do :; done) >/dev/null 2>&1 & echo $! >>/tmp/spinning';
const rest = 'for pid in $(cat /tmp/spinning); do kill $pid; done; rm /tmp/spinning';
const useMemory = (mebibytes: number) => `dd if=/dev/zero of=/dev/null bs=${mebibytes}M count=1`;

/** How often the processor was taken from it because its time was used up. */
const throttled = async (): Promise<number> => {
  const stat = 'cat /sys/fs/cgroup/cpu/cpu.stat /sys/fs/cgroup/cpu.stat 2>/dev/null; true';
  return Number(/^nr_throttled (\d+)/m.exec(await web.says(stat))?.[1] ?? 0);
};

/** How much more processor time `web` gets than another container that wants the same processor. */
async function advantageOverOther(change: () => Promise<void>): Promise<number> {
  const other = new Limited(host, 'other');
  await host.must('launch', 'busybox', 'other', '-c', 'limits.cpu=0-0');
  await web.set({ 'limits.cpu': '0-0' });
  await change();
  await Promise.all([web.says(spin), other.says(spin)]);
  const before = await Promise.all([web.cpuTime(), other.cpuTime()]);
  const grown = await eventually(async () => {
    const after = await Promise.all([web.cpuTime(), other.cpuTime()]);
    const [mine = 0, theirs = 0] = after.map((time, index) => time - (before[index] ?? 0));
    assert.ok(mine + theirs > 1e9, 'a second is enough to see who is preferred');
    return { mine, theirs };
  });
  await web.says(rest);
  await host.must('delete', '--force', 'other');
  return grown.mine / grown.theirs;
}

const disk = blockDeviceOf('/var/tmp');
const hasSwap = readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1;

/** Every key that is live, and how its effect is seen from inside or by running into it. */
const effects: Record<string, Effect> = {
  async 'limits.cpu'(t) {
    if (availableParallelism() < 2) t.skip('this host has one processor');
    await web.set({ 'limits.cpu': '1' });
    assert.equal(await web.says('nproc'), '1');
    await web.unset('limits.cpu');
    assert.equal(await web.says('nproc'), String(availableParallelism()));
  },
  async 'limits.cpu.allowance'() {
    await web.says(spin);
    await web.set({ 'limits.cpu.allowance': '10ms/100ms' });
    const before = await throttled();
    await eventually(async () => assert.ok((await throttled()) > before + 2));
    await web.says(rest);
    const share = await advantageOverOther(() => web.set({ 'limits.cpu.allowance': '10%' }));
    assert.ok(share < 0.5, `a tenth of the share, got ${share}`);
  },
  async 'limits.cpu.priority'() {
    const share = await advantageOverOther(() => web.set({ 'limits.cpu.priority': '0' }));
    assert.ok(share < 0.5, `the least of all, got ${share}`);
  },
  async 'limits.cpu.nodes'() {
    await web.set({ 'limits.cpu.nodes': '0' });
    assert.match(await web.says('cat /proc/self/status'), /^Mems_allowed_list:\s+0$/m);
    const refused = await host.wadah(['config', 'set', 'web', 'limits.cpu.nodes=900']);
    assert.match(refused.stderr, /This host has not all of the NUMA nodes 900/);
  },
  async 'limits.memory'() {
    await web.set({ 'limits.memory': '64MiB' });
    assert.match(await web.says('cat /proc/meminfo'), /^MemTotal:\s+65536 kB/m);
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.unset('limits.memory');
    await web.says(useMemory(100));
  },
  async 'limits.memory.enforce'() {
    await web.set({ 'limits.memory': '64MiB' });
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.set({ 'limits.memory.enforce': 'soft' });
    await web.says(useMemory(100));
    await web.unset('limits.memory.enforce');
    assert.notEqual((await web.run(useMemory(100))).status, 0);
  },
  async 'limits.memory.reserve'() {
    const total = async () =>
      Number(/^MemTotal:\s+(\d+) kB/m.exec(await web.says('cat /proc/meminfo'))?.[1]) * 1024;
    const usual = await total();
    assert.ok(usual < totalmem() * 0.85, 'the default profile leaves a fifth to others');
    await web.set({ 'limits.memory.reserve': String(totalmem() - 64 * 2 ** 20) });
    assert.equal(await total(), 64 * 2 ** 20);
    assert.notEqual((await web.run(useMemory(100))).status, 0);
    await web.unset('limits.memory.reserve');
    assert.equal(await total(), usual);
  },
  async 'limits.memory.swap'(t) {
    if (!hasSwap) t.skip('this host has no swap');
    await web.set({ 'limits.memory': '64MiB', 'limits.memory.swap': 'false' });
    assert.match(await web.says('cat /proc/meminfo'), /^SwapTotal:\s+0 kB/m);
    await web.unset('limits.memory.swap');
    assert.doesNotMatch(await web.says('cat /proc/meminfo'), /^SwapTotal:\s+0 kB/m);
  },
  async 'limits.disk.priority'() {
    if (disk.scheduler !== 'bfq') {
      const refused = await host.wadah(['config', 'set', 'web', 'limits.disk.priority=10']);
      assert.match(refused.stderr, /serves all alike: its scheduler is/);
      assert.match(refused.stderr, new RegExp(`echo bfq > /sys/block/${disk.name}/queue/scheduler`));
    }
  },
  async 'limits.tcp_sockets'() {
    await web.set({ 'limits.tcp_sockets': '0' });
    assert.match((await web.run('nc 127.0.0.1 9')).stderr, /No buffer space/);
    await web.unset('limits.tcp_sockets');
    assert.match((await web.run('nc 127.0.0.1 9')).stderr, /refused/);
  },
  async 'limits.other_sockets'() {
    await web.set({ 'limits.other_sockets': '0' });
    assert.notEqual((await web.run('ping -c 1 127.0.0.1')).status, 0);
    await web.unset('limits.other_sockets');
    await web.says('ping -c 1 127.0.0.1');
  },
  async 'linux.sysctl.*'() {
    const values = 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax';
    const usual = await web.says(values);
    await web.set({ 'linux.sysctl.net.ipv4.ip_forward': '1', 'linux.sysctl.kernel.msgmax': '4321' });
    assert.equal(await web.says(values), '1\n4321');
    const refused = await host.wadah(['config', 'set', 'web', 'linux.sysctl.kernel.msgmax=much']);
    assert.match(refused.stderr, /The kernel refuses "much" for kernel.msgmax of a container/);
    assert.equal(await web.says(values), '1\n4321');
    await web.unset('linux.sysctl.net.ipv4.ip_forward', 'linux.sysctl.kernel.msgmax');
    assert.equal(await web.says(values), usual);
  },
  async 'limits.processes'() {
    await web.set({ 'limits.processes': '12' });
    const forks = 'for i in $(seq 20); do sleep 1 & done; true';
    assert.match((await web.run(forks)).stderr, /fork/);
    await eventually(async () => assert.doesNotMatch(await web.says('ps'), /sleep 1$/m));
    await web.unset('limits.processes');
    assert.equal((await web.run(forks)).stderr, '');
  },
};

/** Milliseconds that something inside takes. What the kernel lets wait takes longer on a busy host, never less. */
async function takesMs(script: string): Promise<number> {
  const begin = performance.now();
  await web.says(script);
  return performance.now() - begin;
}

const write = (blocks: number) =>
  `dd if=/dev/zero of=/root/file bs=64k count=${blocks} oflag=direct 2>/dev/null`;
const read = 'dd if=/root/file of=/dev/null bs=64k iflag=direct 2>/dev/null';

/** Every option of a device that is live. */
const deviceEffects: Record<string, Effect> = {
  async 'disk limits.write'() {
    await web.setDevice('root', { 'limits.write': '1MiB' });
    assert.ok((await takesMs(write(48))) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.write': '10iops' });
    assert.ok((await takesMs(write(30))) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.write': '' });
  },
  async 'disk limits.read'() {
    await web.says(write(48));
    await web.setDevice('root', { 'limits.read': '1MiB' });
    assert.ok((await takesMs(read)) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.read': '' });
  },
  async 'disk limits.max'() {
    await web.setDevice('root', { 'limits.max': '1MiB' });
    assert.ok((await takesMs(write(48))) > 2000, 'three seconds’ worth');
    assert.ok((await takesMs(read)) > 2000, 'three seconds’ worth');
    await web.setDevice('root', { 'limits.max': '' });
  },
};

/** A megabyte a second. */
const slowly = '8Mbit';
const threeMegabytes = 'dd if=/dev/zero bs=1M count=3 2>/dev/null';
const listen = 'busybox nc -l -p 5002';
const toHost = 'nc $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p") 5002';
/** nc hangs up when its input ends: this one's never does. */
const fromHost = `mkfifo /tmp/never 2>/dev/null; exec 3<>/tmp/never; ${toHost} <&3`;

/** Milliseconds that `inside` takes, which connects to that listener on the host. */
async function talkingMs(listen: string, inside: string): Promise<number> {
  const inNetwork = (script: string) => execa('nsenter', [`--net=${host.network.path}`, 'sh', '-c', script]);
  const listener = inNetwork(listen);
  await eventually(async () => assert.notEqual((await inNetwork('ss -Hltn sport = 5002')).stdout, ''));
  const begin = performance.now();
  await web.says(inside);
  await listener;
  return performance.now() - begin;
}

const receivingMs = (): Promise<number> =>
  talkingMs(`${threeMegabytes} | ${listen}`, `[ "$(${fromHost} | wc -c)" = ${3 * 2 ** 20} ]`);

const sendingMs = (): Promise<number> =>
  talkingMs(`exec ${listen} >/dev/null`, `${threeMegabytes} | ${toHost}`);

Object.assign(deviceEffects, {
  async 'nic limits.ingress'() {
    await web.setDevice('eth0', { 'limits.ingress': slowly });
    assert.ok((await receivingMs()) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.ingress': '' });
  },
  async 'nic limits.egress'() {
    await web.setDevice('eth0', { 'limits.egress': slowly });
    assert.ok((await sendingMs()) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.egress': '' });
  },
  async 'nic limits.max'() {
    await web.setDevice('eth0', { 'limits.max': slowly });
    assert.ok((await receivingMs()) > 2000, 'three seconds’ worth');
    assert.ok((await sendingMs()) > 2000, 'three seconds’ worth');
    await web.setDevice('eth0', { 'limits.max': '' });
  },
} satisfies Record<string, Effect>);

/** Every type of device that comes and goes while it runs. */
const plugged: Record<string, Effect> = {
  async disk() {
    const folder = path.join(host.directory, 'shared');
    await mkdir(folder, { recursive: true });
    const add = (...options: string[]) =>
      host.must('config', 'device', 'add', 'web', 'data', 'disk', ...options);
    const remove = () => host.must('config', 'device', 'remove', 'web', 'data');
    await add(`source=${folder}`, 'path=/srv/data', 'shift=true');
    await web.says('echo hello >/srv/data/file');
    assert.equal(
      (await stat(path.join(folder, 'file'))).uid,
      0,
      'root inside is root outside, in this folder',
    );
    await remove();
    assert.equal((await web.run('cat /srv/data/file')).status, 1);
    await add(`source=${folder}`, 'path=/srv/data', 'readonly=true');
    assert.equal(await web.says('cat /srv/data/file'), 'hello');
    assert.match((await web.run('echo >/srv/data/file')).stderr, /Read-only/);
    await remove();
    await add('source=tmpfs:', 'path=/srv/memory', 'size=1MiB');
    assert.match((await web.run('dd if=/dev/zero of=/srv/memory/x bs=1M count=2')).stderr, /No space left/);
    await remove();
  },
  async 'unix-char'() {
    await host.must(
      'config',
      'device',
      'add',
      'web',
      'zeros',
      'unix-char',
      'source=/dev/zero',
      'path=/dev/zeros',
    );
    assert.equal(await web.says('head -c 3 /dev/zeros | wc -c'), '3');
    assert.equal(await web.says("stat -c '%a %u' /dev/zeros"), '660 0');
    await host.must('config', 'device', 'remove', 'web', 'zeros');
    assert.equal((await web.run('head -c 3 /dev/zeros | grep -q .')).status, 1);
  },
  async 'unix-block'() {
    const options = ['path=/dev/never', 'major=7', 'minor=900', 'mode=0600', 'uid=1000'];
    await host.must('config', 'device', 'add', 'web', 'never', 'unix-block', ...options);
    assert.equal(await web.says("stat -c '%F %a %u %t %T' /dev/never"), 'block special file 600 1000 7 384');
    await host.must('config', 'device', 'remove', 'web', 'never');
    assert.equal((await web.run('test -b /dev/never')).status, 1);
  },
};
const pluggable = Object.entries(deviceTypes)
  .filter(([type, { hotplug }]) => type !== 'none' && hotplug.includes('container'))
  .map(([type]) => type);

const liveOptions = Object.entries(deviceTypes).flatMap(([type, { options }]) =>
  Object.entries(options)
    .filter(([, option]) => option.live.includes('container'))
    .map(([option]) => `${type} ${option}`),
);

const live = Object.entries<ConfigKey>(configKeys)
  .filter(([, key]) => key.carriedBy === 'engine' && key.live.includes('container'))
  .map(([name]) => name);

describe('each key that is live changes a running container, and nothing inside is restarted', () => {
  afterEach(async () => {
    const { config } = await host.client.read('/1.0/instances/{name}', { params: { name: 'web' } });
    const mine = Object.keys(config).filter((key) => Object.hasOwn(configKeys, key));
    if (mine.length > 0) await web.unset(...mine);
  });

  test.for([...live, 'linux.sysctl.*', ...liveOptions, ...pluggable])('%s', async (name, t) => {
    const effect = effects[name] ?? deviceEffects[name] ?? plugged[name];
    assert.ok(effect, `${name} says that it is live, and no test shows it`);
    const init = await web.initPid();
    await effect(t);
    assert.equal(await web.initPid(), init);
    assert.deepEqual(await web.pending(), []);
  });
});

test('keys that are not live are shown as waiting, and take effect at the next start', async () => {
  await web.set({ 'limits.processes': '100', 'security.privileged': 'true' });
  assert.deepEqual(await web.pending(), ['security.privileged']);
  assert.match(await host.must('info', 'web'), /security\.privileged:\s+not set, after the next start true/);
  await web.unset('security.privileged');
  assert.deepEqual(await web.pending(), []);
  await web.unset('limits.processes');
});

test('of several keys all are applied or none, and what was set before stays', async () => {
  await web.says('dd if=/dev/zero of=/dev/shm/held bs=1M count=40 2>/dev/null');
  await web.set({ 'limits.processes': '50' });
  const both = ['limits.processes=60', 'limits.cpu.allowance=20ms/100ms', 'limits.memory=16MiB'];
  const refused = await host.wadah(['config', 'set', 'web', ...both]);
  assert.match(refused.stderr, /Cannot limit memory to 16MiB: \d+(\.\d+)?MiB is in use/);
  assert.equal(await host.must('config', 'get', 'web', 'limits.processes'), '50');
  assert.equal(await host.must('config', 'get', 'web', 'limits.memory'), '');
  const pids = 'cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true';
  assert.equal(await web.says(pids), '50');
  await web.says('rm /dev/shm/held');
  await web.unset('limits.processes');
});

test('devices that it has from the start are there before its init, and after a restart', async () => {
  const folder = path.join(host.directory, 'early');
  await mkdir(folder, { recursive: true });
  await host.must(
    'launch',
    'busybox',
    'early',
    '-d',
    `data,type=disk,source=${folder},path=/data,shift=true`,
  );
  const early = new Limited(host, 'early');
  await host.must(
    'config',
    'device',
    'add',
    'early',
    'zeros',
    'unix-char',
    'source=/dev/zero',
    'path=/dev/zeros',
  );
  await host.must('restart', '--force', 'early');
  await early.says('touch /data/mine && head -c 1 /dev/zeros >/dev/null');
  assert.equal((await stat(path.join(folder, 'mine'))).uid, 0);
  await host.must('delete', '--force', 'early');
  const missing = await host.wadah([
    'config',
    'device',
    'add',
    'web',
    'x',
    'disk',
    'source=/nowhere',
    'path=/x',
  ]);
  assert.match(missing.stderr, /Device "x": this host has no \/nowhere/);
  const second = await host.wadah(['config', 'device', 'add', 'web', 'x', 'disk', 'path=/']);
  assert.match(second.stderr, /There can be one root disk, not 2: root, x/);
  const inProc = ['config', 'device', 'add', 'web', 'x', 'disk', `source=${folder}`, 'path=/proc/1/x'];
  assert.match((await host.wadah(inProc)).stderr, /Nothing can be put at \/proc\/1\/x inside/);
});
