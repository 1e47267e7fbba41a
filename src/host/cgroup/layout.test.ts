import assert from 'node:assert/strict';
import { test } from 'vitest';
import { parseMountinfo } from '../mount/mountinfo.ts';
import { cgroupLayout, delegatedUnit, groupPathOf, v2MountOf } from './layout.ts';

const layoutOf = (...lines: string[]): ReturnType<typeof cgroupLayout> =>
  cgroupLayout(parseMountinfo(['27 1 254:0 / / rw - ext4 /dev/vda rw', ...lines].join('\n')));

test('a host with v2 alone', () => {
  const layout = layoutOf('30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate');
  assert.deepEqual(layout, { version: 2, mount: '/sys/fs/cgroup' });
  assert.equal(v2MountOf(layout, '/run/wadah/ab12'), '/sys/fs/cgroup');
});

test('a hybrid host, with controllers that share a hierarchy', () => {
  const layout = layoutOf(
    '31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
    '33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  );
  assert.deepEqual(layout, {
    version: 1,
    hierarchies: {
      'cpu,cpuacct': '/sys/fs/cgroup/cpu,cpuacct',
      memory: '/sys/fs/cgroup/memory',
      'name=systemd': '/sys/fs/cgroup/systemd',
    },
    v2: '/sys/fs/cgroup/unified',
  });
  assert.equal(v2MountOf(layout, '/run/wadah/ab12'), '/run/wadah/ab12/cgroup2');
});

test('a host with v1 alone', () => {
  const layout = layoutOf(
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
  );
  assert.deepEqual(layout, { version: 1, hierarchies: { memory: '/sys/fs/cgroup/memory' }, v2: undefined });
});

test('what a later mount hides does not count', () => {
  const layout = layoutOf(
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '50 31 0:40 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
  );
  assert.equal(layout.version, 2);
});

test('a host without cgroups is told how to get them', () => {
  assert.throws(() => layoutOf(), { code: 'unsupported', hint: /mount -t cgroup2/ });
});

test('groups lie in the unit that systemd leaves to us, and stay where they were before there was one', () => {
  const layout = layoutOf('30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate');
  const pathWith = (...there: string[]): string =>
    groupPathOf(layout, 'ab12', (path) => there.includes(String(path)));
  const unit = `/sys/fs/cgroup/${delegatedUnit}`;
  assert.equal(pathWith(), 'wadah_ab12');
  assert.equal(pathWith(unit), 'machine.slice/wadah-instances.service/wadah_ab12');
  assert.equal(pathWith(unit, '/sys/fs/cgroup/wadah_ab12'), 'wadah_ab12');
});

test('on a host with v1 controllers groups lie at the top of each hierarchy', () => {
  const layout = layoutOf('33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory');
  assert.equal(
    groupPathOf(layout, 'ab12', () => true),
    'wadah_ab12',
  );
});
