import assert from 'node:assert/strict';
import { afterAll, beforeAll, test, vi } from 'vitest';
import type { KvmInfo } from '#model/kvm.ts';
import { EmulatedHost } from '../../harness/emulated-host/emulated-host.ts';
import { nanoRecipe } from '../../harness/nano.ts';

/** A step takes half a minute where it takes one second on a host of its own, and more when that is busy. */
const patienceMs = 900_000;
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });

const mebibyte = 2 ** 20;

let host: EmulatedHost;
beforeAll(async () => {
  host = await EmulatedHost.boot(['busybox', nanoRecipe]);
  await host.startDaemon();
});
afterAll(() => host?.remove());

/** What stands in files of the group that an instance's limits are on. */
async function groupOf(name: string, files: readonly string[]): Promise<string[]> {
  const said = await host.must(`
    pid=$(wadah query /1.0/instances/${name}/state | sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p')
    path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
    cd "/sys/fs/cgroup/\${path%/payload}" && cat ${files.join(' ')}`);
  return said.split('\n');
}

test('KVM runs whole operating systems, and the verdict says so', async () => {
  const { verdict, host: seen } = JSON.parse(await host.must('wadah kvm info --format json')) as KvmInfo;
  assert.equal(verdict.verdict, 'kvm');
  assert.ok(seen.processor.hasSvm);
});

test('a container runs where cgroup v2 has all controllers and is all there is', async () => {
  await host.must('wadah launch busybox c1 -c limits.memory=64MiB -c limits.processes=200 -c limits.cpu=1');
  const controllers = await host.must('cat /sys/fs/cgroup/cgroup.controllers');
  for (const name of ['cpu', 'cpuset', 'io', 'memory', 'pids'])
    assert.match(controllers, new RegExp(`\\b${name}\\b`));
  assert.equal(await host.must('grep -c " - cgroup " /proc/self/mountinfo || true'), '0');
  assert.equal(await host.must('wadah exec c1 -- hostname'), 'c1');
});

test('its limits are those of its group, and it sees them', async () => {
  const limits = await groupOf('c1', ['memory.max', 'pids.max', 'cpuset.cpus.effective']);
  assert.deepEqual([limits.slice(0, 2), limits[2]?.length], [[String(64 * mebibyte), '200'], 1]);
  assert.match(await host.must('wadah exec c1 -- cat /proc/meminfo'), /^MemTotal: +65536 kB$/m);
  assert.equal(await host.must('wadah exec c1 -- nproc'), '1');
});

test('an unmodified Linux boots as a virtual machine under KVM, which nobody had to ask for', async () => {
  await host.must('wadah launch nano v1 --vm -c limits.memory=256MiB --wait');
  const commandLine = await host.must(`tr '\\0' ' ' <"/proc/$(pidof qemu-system-x86_64)/cmdline"`);
  assert.match(commandLine, / -accel kvm -cpu host /);
  assert.match(await host.must('wadah exec v1 -- dmesg'), /Hypervisor detected: KVM/);
  const clock = 'cat /sys/devices/system/clocksource/clocksource0/current_clocksource';
  assert.equal(await host.must(`wadah exec v1 -- ${clock}`), 'kvm-clock');
});

test('both kinds reach each other, the virtual machine through the kernel', async () => {
  assert.match(await host.must('ls -l "/proc/$(pidof qemu-system-x86_64)/fd"'), /vhost-net/);
  assert.match(await host.must('wadah exec c1 -- ping -c 1 -W 60 v1'), / 0% packet loss/);
});

test('both stop and go, and the daemon leaves nothing on the host', async () => {
  await host.must('wadah stop c1 v1 --timeout 120 && wadah delete c1 v1');
  await host.endDaemon();
  await host.must('wadahd --cleanup');
  assert.equal(
    await host.must('find /sys/fs/cgroup -name "wadah_*"; ip -brief link | grep -v ^lo || true'),
    '',
  );
  assert.equal(await host.must('pidof qemu-system-x86_64 crun lxcfs dnsmasq node || true'), '');
});

test('the host powers off', async () => {
  await host.powerOff();
});
