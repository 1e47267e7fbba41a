import { describe, expect, test } from 'vitest';
import { checks } from './checks.ts';
import { examine, examineCheaply } from './doctor.ts';
import { FakeHost } from './fake-host.ts';
import { finding } from './test-findings.ts';

test('on a host on which all is well every check says so, and nothing is changed', async () => {
  const host = new FakeHost();
  const report = await examine(host);
  expect(report.findings.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(report.findings.map(({ check }) => check)).toEqual(checks.map(({ name }) => name));
  expect(host.sysctls.writes).toEqual([]);
});

test('no two checks have one name, and each says what it costs and what helps', () => {
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  for (const { about, meaning, remedy } of checks) {
    expect(about).toMatch(/^(whether|what|which|how) /);
    expect(meaning).toMatch(/\.$/);
    expect(remedy).not.toBe('');
  }
});

test('a check that fails is a warning with its reason, and hides no other', async () => {
  const host = new FakeHost();
  host.programs.failures = 1;
  const { findings: all } = await examine(host);
  expect(all).toHaveLength(checks.length);
  expect(all.filter(({ what }) => what.startsWith('It could not be found out: '))).toHaveLength(1);
});

test('whoever is not root is told which checks need it', async () => {
  const found = await finding('firewalls', (host) => {
    host.isRoot = false;
  });
  expect(found).toMatchObject({
    status: 'note',
    what: 'Only root can find out',
    remedy: 'sudo wadah doctor',
  });
});

test('cheap checks run no program', async () => {
  const host = new FakeHost();
  expect((await examineCheaply(host)).length).toBeGreaterThan(30);
  expect(host.programs.runs).toEqual([]);
});

describe('fix', () => {
  test('raises what is too low, tells the change, and finds it well afterwards', async () => {
    const host = new FakeHost();
    host.sysctls.values.set('fs/inotify/max_user_instances', '128');
    const before = (await examine(host)).findings.find(({ status }) => status !== 'ok');
    expect(before).toMatchObject({
      check: 'fs.inotify.max_user_instances',
      status: 'warning',
      fixable: true,
      remedy: 'sysctl -w fs.inotify.max_user_instances=65536',
    });
    const { findings: after, fixed, refused } = await examine(host, { fix: true });
    expect(fixed).toEqual(['fs.inotify.max_user_instances: 128 → 65536']);
    expect(refused).toEqual([]);
    expect(after.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  test('loads a module that the kernel has, and no other', async () => {
    const host = new FakeHost();
    for (const device of ['/dev/vhost-net', '/dev/net/tun']) host.files.delete(device);
    host.files.set('/lib/modules/6.12.3-amd64/modules.dep', 'kernel/drivers/vhost/vhost_net.ko.xz: tun.ko\n');
    const { fixed } = await examine(host, { fix: true });
    expect(fixed).toEqual(['Loaded the module vhost_net']);
    expect(host.programs.runs.filter(({ argv }) => argv[0] === 'modprobe')).toHaveLength(1);
  });

  test('what the kernel refuses is told, and stays as it was found', async () => {
    const host = new FakeHost();
    host.sysctls.values.set('kernel/pty/max', '1024');
    host.sysctls.write = () => {
      throw new Error('EROFS: read-only file system');
    };
    const { findings: after, fixed, refused } = await examine(host, { fix: true });
    expect(fixed).toEqual([]);
    expect(refused).toEqual([
      'It is 1024; with many instances it should be 16384: EROFS: read-only file system',
    ]);
    expect(after.find(({ check }) => check === 'kernel.pty.max')?.status).toBe('warning');
  });
});
