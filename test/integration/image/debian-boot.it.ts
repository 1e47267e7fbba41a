import assert from 'node:assert/strict';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestHost } from '../../harness/host.ts';
import { eventually } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';

let host: TestHost;
beforeAll(async () => {
  host = await makeHostWithImages('debian/12');
  await host.must('launch', 'debian/12', 'one', '--wait');
});
afterAll(() => host.remove());

const inside = (script: string, name = 'one'): Promise<string> =>
  host.must('exec', name, '--', 'sh', '-ec', script);

test('a container of it boots with all units well and at most five processes', async () => {
  assert.equal(await inside('systemctl is-system-running'), 'running');
  assert.equal(await inside('systemctl --failed --no-legend'), '');
  const { processes } = await host.client.read('/1.0/instances/{name}/state', { params: { name: 'one' } });
  assert.ok(processes <= 5, `${processes} processes`);
  for (const name of ['systemd', 'systemd-journald', 'dbus-daemon', 'cron']) {
    await inside(`grep -qx ${name.slice(0, 15)} /proc/[0-9]*/comm`);
  }
});

test('each container makes a machine id of its own', async () => {
  await host.must('launch', 'debian/12', 'two', '--wait');
  const ids = [await inside('cat /etc/machine-id'), await inside('cat /etc/machine-id', 'two')];
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.notEqual(ids[0], ids[1]);
  await host.must('delete', '--force', 'two');
});

test('it knows its own name, and ordinary users may ping', async () => {
  assert.match(await inside('getent hosts one'), /\bone$/);
  assert.match(await inside('su nobody -s /bin/sh -c "ping -c 1 -W 5 127.0.0.1"'), /1 received/);
});

test('no service complains at boot, but for dbus, which may not have more files open', async () => {
  const warnings = (await inside('journalctl --boot --priority warning --output cat')).split('\n');
  assert.deepEqual(
    warnings.filter((line) => line !== '' && !line.includes('Failed to set fd limit')),
    [],
  );
});

test('logind sleeps until somebody asks it for something', async () => {
  assert.equal(await inside('systemctl is-active systemd-logind || true'), 'inactive');
  expect(await inside('loginctl list-sessions')).toContain('No sessions');
  assert.equal(await inside('systemctl is-active systemd-logind'), 'active');
});

test('reboot reboots and says nothing else; poweroff stops it', async () => {
  const before = await host.initPid('one');
  const reboot = await host.wadah(['exec', 'one', '--', 'reboot']);
  assert.equal(reboot.stderr, '');
  await eventually(async () => {
    const now = await host.initPid('one');
    assert.ok(now > 0 && now !== before);
  });
  await eventually(() => inside('systemctl is-system-running --wait'));
  await host.wadah(['exec', 'one', '--', 'poweroff']);
  await eventually(async () => {
    const { status } = await host.client.read('/1.0/instances/{name}', { params: { name: 'one' } });
    assert.equal(status, 'Stopped');
  });
});
