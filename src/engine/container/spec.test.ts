import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { testPlan } from '../test-plan.ts';
import { buildSpec, type SpecPlace } from './spec.ts';

const place: SpecPlace = {
  rootfs: '/run/root',
  hostFolder: '/run/host',
  userNamespace: '/proc/9/ns/user',
  networkNamespace: '/proc/9/ns/net',
  timeNamespace: '/proc/9/ns/time_for_children',
  host: {
    cgroups: 'v2',
    lxcfs: { '/proc/meminfo': '/run/lxcfs/proc/meminfo' },
    devices: [{ type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }],
    openFilesMax: 20_000,
    capabilities: 1n << 21n,
  },
};
const plan = testPlan('0123abcd', { 'environment.LANG': 'de_DE.UTF-8' });

test.runIf(process.arch === 'x64')('a plan becomes the configuration that crun gets', () => {
  const golden = JSON.parse(readFileSync(new URL('spec.golden.json', import.meta.url), 'utf8'));
  assert.deepEqual(JSON.parse(JSON.stringify(buildSpec(plan, place))), golden);
});

test('an init that notifies is told where', () => {
  const init = { ...plan.init, notifiesReady: true };
  const { process } = buildSpec({ ...plan, init }, place);
  assert.ok(process.env.includes('NOTIFY_SOCKET=/run/host/notify'));
});

test('the name that says "container" cannot be taken away by a setting', () => {
  const { process } = buildSpec(testPlan('0123abcd', { 'environment.container': 'none' }), place);
  assert.deepEqual(
    process.env.filter((entry) => entry.startsWith('container=')),
    ['container=lxc'],
  );
});

test('on a hybrid host the guest sees its own v2 leaf beside the v1 controllers', () => {
  const { mounts } = buildSpec(plan, { ...place, host: { ...place.host, cgroups: 'hybrid' } });
  const cgroups = mounts.filter(({ destination }) => destination.startsWith('/sys/fs/cgroup'));
  assert.deepEqual(
    cgroups.map(({ destination, type }) => [destination, type]),
    [
      ['/sys/fs/cgroup', 'cgroup'],
      ['/sys/fs/cgroup/unified', 'cgroup2'],
    ],
  );
});

test('a privileged guest has no user namespace, no rights that the daemon lacks, and the host’s sysctls are closed', () => {
  const spec = buildSpec(
    { ...plan, idRange: undefined },
    { ...place, userNamespace: undefined, timeNamespace: undefined },
  );
  const { linux, process } = spec;
  assert.ok(!linux.namespaces.some(({ type }) => type === 'user'));
  assert.equal(linux.uidMappings, undefined);
  assert.deepEqual(process.capabilities.bounding, ['CAP_SYS_ADMIN'], 'no more than the daemon has');
  assert.ok(linux.readonlyPaths.includes('/proc/sys'));
});
