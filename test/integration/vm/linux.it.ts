import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import type { EngineEvent, RunPlan } from '#engine/engine.ts';
import { Cage } from '#engine/vm/cage.ts';
import { probeDiskIo } from '#engine/vm/disk-io.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import type { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { mountSync } from '#host/sys/mounts.ts';
import { eventually } from '../../harness/host.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { inside, never } from '../engine/guest-program.ts';
import { TestVms } from './test-vms.ts';

const id = '0123abcd';
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;
let folder: string;
let events: EngineEvent[] = [];
let pid: number;
let troubles: string[] = [];

beforeAll(async () => {
  // Before this process has a network of its own: the image may have to be built.
  folder = await mkdtemp('/var/tmp/wadah-guest-');
  const boot = await makeNanoGuest(folder);
  const logger = { ...silentLogger, warn: (_: object, message: string) => troubles.push(message) };
  vms = await TestVms.open({ logger });
  engine = await vms.engine(sshGuestAccess);
  engine.onEvent((event) => events.push(event));
  plan = { ...(await vms.plan(id, { config: { 'limits.memory': '256MiB', 'limits.cpu': '2' } })), boot };
});
beforeEach(async () => {
  events = [];
  troubles = [];
  ({ pid } = await engine.start(plan, never));
});
afterEach(async () => {
  await engine.destroy(id);
  await vms.checkDisk(plan);
});
afterAll(async () => {
  await vms.close(engine);
  await rm(folder, { recursive: true });
});

const guest = async (script: string): Promise<string> => (await inside(engine, id, script)).stdout;
/** The guest may be gone before it has said how that went. */
const lastly = (script: string) => inside(engine, id, script).catch(() => undefined);
const count = (kind: EngineEvent['kind']): number => events.filter((event) => event.kind === kind).length;

test('a guest sees the machine that was planned for it', async () => {
  assert.equal(await guest('nproc'), '2');
  const memoryKiB = Number(await guest("sed -n 's/^MemTotal: *//p' /proc/meminfo | cut -d' ' -f1"));
  assert.ok(memoryKiB > 180 * 1024 && memoryKiB <= 256 * 1024, `${memoryKiB} KiB`);
  assert.equal(await guest('cat /sys/class/net/eth0/address'), plan.nics[0]?.mac);
  assert.equal(Number(await guest('cat /sys/block/vda/size')) * 512, 64 * 2 ** 20);
  assert.equal(await guest('cat /sys/class/misc/hw_random/rng_current'), 'virtio_rng.0');
});

test('its NIC and its disk have a queue for each processor, and io_uring serves the disk where QEMU may use it', async () => {
  assert.equal(await guest('ls -d /sys/class/net/eth0/queues/rx-* | wc -l'), '2');
  assert.equal(await guest('ls /sys/block/vda/mq | wc -l'), '2');
  assert.notEqual(await guest('cat /sys/block/vda/queue/discard_max_bytes'), '0');
  const cage = new Cage(path.join(vms.host.run, 'cage'));
  const diskIo = await probeDiskIo(vms.host.programs, cage);
  await guest('dd if=/dev/vda of=/dev/null bs=1M count=1');
  const opened = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  assert.equal(
    opened.some((target) => target.includes('io_uring')),
    diskIo === 'io_uring',
  );
});

test('a guest that reboots stays in its process, and programs can be run in it again', async () => {
  const bootId = 'cat /proc/sys/kernel/random/boot_id';
  const before = await guest(bootId);
  await lastly('reboot -f');
  await eventually(async () => assert.notEqual(await guest(bootId), before));
  assert.equal((await engine.usage(id))?.pid, pid);
  assert.equal(count('exited'), 0);
});

test('it becomes ready once, also when it reboots', async () => {
  await eventually(async () => assert.equal(count('ready'), 1));
  await lastly('reboot -f');
  const log = (): Promise<string> => engine.consoleLog(id);
  await eventually(async () => assert.equal((await log()).match(/nano is up/g)?.length, 2));
  await guest('true');
  assert.equal(count('ready'), 1);
});

test('a guest without an agent powers off when the button is pressed', async () => {
  await guest('killall qemu-ga');
  assert.equal((await engine.stop(id, 60_000, never)).reason, 'power-off');
});

test('a guest that is asked to stop while it boots powers off when it is up', async () => {
  assert.equal((await engine.stop(id, 60_000, never)).reason, 'power-off');
});

test('a guest that panics has crashed, in its own words', async () => {
  await guest('true');
  await lastly('echo c >/proc/sysrq-trigger');
  await eventually(async () => assert.equal(count('exited'), 1));
  const [event] = events.filter(({ kind }) => kind === 'exited');
  assert.ok(event?.kind === 'exited' && event.pid === pid);
  assert.equal(event.exit.reason, 'crashed');
  assert.match(event.exit.detail, /^The guest’s kernel panicked: .*sysrq triggered crash/);
});

test('packets pass between guest and host, and are counted as the guest counts them', async () => {
  await guest('ip addr add 10.98.0.2/20 dev eth0');
  assert.match(await guest('ping -c 3 10.98.0.1'), / 0% packet loss/);
  const nic = (await engine.usage(id))?.network['eth0'];
  assert.ok((nic?.sentPackets ?? 0) >= 3 && (nic?.receivedPackets ?? 0) >= 3);
});

test('a disk that grows is seen by the guest at once', async () => {
  const { root } = plan;
  if (root.kind !== 'disk') throw new Error('a disk');
  await guest('true');
  await engine.update({ ...plan, root: { ...root, sizeBytes: 96 * 2 ** 20 } });
  assert.equal(Number(await guest('cat /sys/block/vda/size')) * 512, 96 * 2 ** 20);
});

test('a QEMU that is killed while the guest writes leaves a whole disk', async () => {
  await guest('true');
  const writing = inside(engine, id, 'while :; do dd if=/dev/urandom of=/dev/vda bs=64k count=200; done');
  writing.catch(() => undefined);
  const { root } = plan;
  const written = (): number => (root.kind === 'disk' ? readFileSync(root.path).length : 0);
  const before = written();
  await eventually(async () => assert.ok(written() > before + 2 ** 20));
  process.kill(pid, 'SIGKILL');
  await eventually(async () => assert.equal(count('exited'), 1));
});

test('a guest that fills the pool stands still until there is room, and loses nothing', async () => {
  const small = path.join(vms.folder, 'small');
  await mkdir(small);
  mountSync({ source: 'small', target: small, type: 'tmpfs', data: 'size=8m' });
  try {
    await engine.destroy(id);
    const disk = path.join(small, 'disk');
    const { root } = plan;
    if (root.kind !== 'disk') throw new Error('a disk');
    const base = ['-b', root.base?.path ?? '', '-F', 'raw'];
    await vms.host.programs.run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...base, disk]);
    ({ pid } = await engine.start({ ...plan, root: { ...root, path: disk } }, never));
    const write = 'dd if=/dev/urandom of=/data bs=1M count=16; dd if=/data of=/dev/vda bs=64k conv=fsync';
    await guest(write.split(';')[0] ?? '');
    const writing = guest(
      `${write.split(';')[1]}; echo 3 >/proc/sys/vm/drop_caches; cmp -n 16777216 /data /dev/vda && echo same`,
    );
    await eventually(async () => assert.equal(troubles.length, 1));
    assert.match(troubles[0] ?? '', /no room/);
    await vms.host.programs.run(['mount', '-o', 'remount,size=64m', small]);
    assert.equal(await writing, 'same');
  } finally {
    await engine.destroy(id);
    await unmountBelow(small);
  }
});

test('what a guest prints without end fills nothing', async () => {
  await guest('yes "a line of this guest" | head -c 3000000 >/dev/console');
  await eventually(async () => assert.ok((await engine.consoleLog(id)).length > 0));
  assert.ok((await engine.consoleLog(id)).length <= 128 * 1024);
});

test('a forced stop is told from all other ends', async () => {
  await guest('true');
  assert.deepEqual(await engine.stop(id, 0, never), { reason: 'killed', detail: 'It was killed' });
  assert.deepEqual(readdirSync('/proc').includes(String(pid)), false);
});
