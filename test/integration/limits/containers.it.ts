import assert from 'node:assert/strict';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { type ConfigKey, configKeys } from '#model/config-keys.ts';
import { deviceTypes } from '#model/device.ts';
import { makeHost, type TestHost } from '../../harness/host.ts';
import { diskEffects } from './effects/disks.ts';
import type { Effect } from './effects/effect.ts';
import { kernelObjectEffects } from './effects/kernel-objects.ts';
import { memoryEffects } from './effects/memory.ts';
import { nicEffects } from './effects/nics.ts';
import { pluggedEffects } from './effects/plugged.ts';
import { processorEffects } from './effects/processors.ts';
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

/** Of every key and every option that is live, and every type of device that comes and goes. */
const effects: Record<string, Effect> = {
  ...processorEffects,
  ...memoryEffects,
  ...kernelObjectEffects,
  ...diskEffects,
  ...nicEffects,
  ...pluggedEffects,
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
    const effect = effects[name];
    assert.ok(effect, `${name} says that it is live, and no test shows it`);
    const init = await web.initPid();
    await effect(web, t);
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
