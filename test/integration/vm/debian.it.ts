import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, test } from 'vitest';
import type { TestHost } from '../../harness/host.ts';
import { eventually } from '../../harness/host.ts';
import { makeHostWithImages } from '../../harness/images.ts';
import { LxcClient } from '../api/lxc-client.ts';

/** An emulated processor boots systemd in twenty seconds, or in two minutes when the machine is busy. */
const patienceMs = 300_000;

let host: TestHost;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/wadah-debian-vm-');
  host = await makeHostWithImages('debian/12');
  await host.must('launch', 'debian/12', 'c1', '--wait');
  await host.must('launch', 'debian/12', 'v1', '--vm', '--wait');
}, patienceMs);
afterAll(async () => {
  await host.remove();
  await rm(folder, { recursive: true });
});

const lacksLxc = spawnSync('lxc', ['version']).error !== undefined;
const inside = (name: string, script: string): Promise<string> =>
  host.must('exec', name, '--', 'sh', '-ec', script);
const document = (name: string) => host.client.read('/1.0/instances/{name}', { params: { name } });

test('a container and a virtual machine start from the same image', async () => {
  const [c1, v1] = await Promise.all([document('c1'), document('v1')]);
  assert.deepEqual([c1.type, v1.type], ['container', 'virtual-machine']);
  assert.equal(c1.config['volatile.base_image'], v1.config['volatile.base_image']);
  assert.equal(await inside('c1', 'cat /etc/os-release'), await inside('v1', 'cat /etc/os-release'));
  assert.notEqual(await inside('c1', 'uname -r'), await inside('v1', 'uname -r'));
});

test('the virtual machine knows its name, and has an identity of its own', async () => {
  assert.equal(await inside('v1', 'hostname'), 'v1');
  const ids = [await inside('c1', 'cat /etc/machine-id'), await inside('v1', 'cat /etc/machine-id')];
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.notEqual(ids[0], ids[1]);
});

test(
  'all its units are well',
  async () => {
    assert.equal(await inside('v1', 'systemctl is-system-running --wait'), 'running');
    assert.equal(await inside('v1', 'systemctl --failed --no-legend'), '');
  },
  patienceMs,
);

test('each reaches the other by its name', async () => {
  assert.match(await inside('c1', 'ping -c 1 -W 10 v1'), /1 received/);
  assert.match(await inside('v1', 'ping -c 1 -W 10 c1'), /1 received/);
});

test('nothing but what is asked for listens on its network', async () => {
  assert.equal(await inside('v1', 'ss -Hltn'), '');
});

test('its root disk is as large as said, and grows while it runs', async () => {
  const gibibytes = async (): Promise<number> =>
    Number(await inside('v1', 'df --output=size --block-size=1G / | tail -1'));
  assert.equal(await gibibytes(), 10);
  await host.must('config', 'device', 'set', 'v1', 'root', 'size=12GiB');
  await eventually(async () => assert.equal(await gibibytes(), 12));
});

test('its kernel finds the modules that it has', async () => {
  await inside('v1', 'modprobe dummy && grep -q ^dummy /proc/modules');
});

test('files go in and come out', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, 'pushed');
  await host.must('file', 'push', file, 'v1/root/file');
  assert.equal(await inside('v1', 'cat /root/file'), 'pushed');
  await host.must('file', 'pull', 'v1/etc/debian_version', path.join(folder, 'version'));
  assert.match(await readFile(path.join(folder, 'version'), 'utf8'), /^12/);
});

test('exit statuses are those of a container', async () => {
  const statusOf = async (name: string, ...command: string[]) =>
    (await host.wadah(['exec', name, '--', ...command])).exitCode;
  for (const name of ['c1', 'v1']) {
    assert.equal(await statusOf(name, 'sh', '-c', 'exit 7'), 7);
    assert.equal(await statusOf(name, 'no-such-program'), 127);
    assert.equal(await statusOf(name, '/etc/passwd'), 126);
    assert.equal(await statusOf(name, 'sh', '-c', 'kill -TERM $$'), 143);
  }
});

test('an info says that it runs in software or on the processor, as measured', async () => {
  const { wadah: server } = await host.client.read('/1.0');
  const expected = server.kvm?.verdict === 'kvm' ? 'kvm' : 'tcg';
  assert.match(await host.must('info', 'v1'), new RegExp(`Acceleration: ${expected}: `));
});

test(
  'what it wrote is there after a restart, and its disk is whole after a graceful stop',
  async () => {
    await host.must('restart', 'v1', '--timeout', '120');
    await eventually(async () => assert.equal(await inside('v1', 'cat /root/file'), 'pushed'), patienceMs);
    await host.must('stop', 'v1', '--timeout', '120');
    assert.equal((await document('v1')).status, 'Stopped');
    const [disk = '', ...others] = await disks();
    assert.deepEqual(others, []);
    await promisify(execFile)('qemu-img', ['check', disk]);
  },
  patienceMs,
);

test('a stopped one is told from a running one: no files, no programs, and words that say what to do', async () => {
  const refusals = [
    [['file', 'pull', 'v1/etc/hostname', path.join(folder, 'none')], 'Start it first'],
    [['exec', 'v1', '--', 'true'], 'it is stopped'],
    [['config', 'device', 'set', 'v1', 'root', 'size=5GiB'], 'cannot become smaller'],
  ] as const;
  for (const [command, words] of refusals) {
    const { exitCode, stderr } = await host.wadah([...command]);
    assert.notEqual(exitCode, 0);
    assert.ok(stderr.includes(words), stderr);
  }
});

test.skipIf(lacksLxc)(
  'Debian’s own lxc client starts, lists, executes in, stops and deletes it (needs the package lxd-client)',
  async () => {
    const lxc = await LxcClient.make(host.socket);
    try {
      await lxc.must('start', 'v1');
      const row = await lxc.must('list', 'v1', '--format', 'csv', '--columns', 'nst');
      assert.equal(row, 'v1,RUNNING,VIRTUAL-MACHINE');
      await eventually(() => lxc.must('exec', 'v1', '--', 'true'), patienceMs); // it boots
      assert.equal(await lxc.must('exec', 'v1', '--', 'hostname'), 'v1');
      await lxc.must('stop', '--force', 'v1');
      await lxc.must('delete', 'v1');
      assert.deepEqual(await disks(), []);
    } finally {
      await lxc.remove();
    }
  },
  patienceMs,
);

/** Those of all virtual machines. */
async function disks(): Promise<string[]> {
  const roots = path.join(host.directory, 'pool/roots');
  const names = await readdir(roots, { recursive: true });
  return names.filter((name) => path.basename(name) === 'disk').map((name) => path.join(roots, name));
}
