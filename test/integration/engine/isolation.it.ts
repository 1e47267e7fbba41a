import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { lstat, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { CrunEngine } from '#engine/container/crun-engine.ts';
import type { RunHandle } from '#engine/engine.ts';
import { inside, never } from './guest-program.ts';
import { type ContainerPlan, TestContainers } from './test-containers.ts';

const id = '0123abcd';
let containers: TestContainers;
let engine: CrunEngine;
let plan: ContainerPlan;
let handle: RunHandle;

beforeAll(async () => {
  containers = await TestContainers.open();
  engine = await containers.engine();
  plan = await containers.plan(id);
  handle = await engine.start(plan, never);
});
afterAll(() => containers.close(engine, id));

const guest = async (script: string): Promise<string> => (await inside(engine, id, script)).stdout;
const status = async (script: string): Promise<number> => (await inside(engine, id, script)).status;

test('every namespace is its own', () => {
  for (const kind of ['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'cgroup', 'time']) {
    const own = readlinkSync(`/proc/${handle.pid}/ns/${kind}`);
    assert.notEqual(own, readlinkSync(`/proc/thread-self/ns/${kind}`), kind);
  }
});

test('root inside is nobody outside', async () => {
  const uids = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${handle.pid}/status`, 'utf8'))?.[1];
  assert.equal(Number(uids), plan.idRange?.base);
  assert.equal(await guest('id -u'), '0');
});

test('the host name is the instance’s', async () => {
  assert.equal(await guest('hostname'), plan.name);
});

test('what is written inside lies on disk with the guest’s own ids, and what lies there is seen with them', async () => {
  await guest('touch /root/of-root; touch /root/of-user; chown 1000:1000 /root/of-user');
  const [root, user] = await Promise.all(
    ['of-root', 'of-user'].map((name) => lstat(path.join(plan.root.upper, 'root', name))),
  );
  assert.deepEqual([root?.uid, root?.gid, user?.uid, user?.gid], [0, 0, 1000, 1000]);
  assert.equal(await guest('stat -c %u:%g /bin/busybox'), '0:0');
});

test('the image is not changed', async () => {
  await guest('echo changed >>/etc/passwd; rm /bin/yes');
  const [lower = ''] = plan.root.lower;
  assert.doesNotMatch(await readFile(path.join(lower, 'etc/passwd'), 'utf8'), /changed/);
  assert.ok(existsSync(path.join(lower, 'bin')));
  await lstat(path.join(lower, 'bin/yes'));
});

test('no capability is left that reaches the host as a whole', () => {
  const effective = /^CapBnd:\s+(\S+)/m.exec(readFileSync(`/proc/${handle.pid}/status`, 'utf8'))?.[1];
  const has = (bit: number): boolean => ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n;
  const [rawio, module, time, syslog, macAdmin, bpf, admin, mknod] = [17, 16, 25, 34, 33, 39, 21, 27].map(
    has,
  );
  assert.deepEqual([rawio, module, time, syslog, macAdmin, bpf], [false, false, false, false, false, false]);
  assert.deepEqual([admin, mknod], [true, true]);
});

test('what is exec’d has the same bounds as init', async () => {
  const ofInit = /^CapBnd:\s+(\S+)[\s\S]*^Seccomp:\s+(\d)/m.exec(
    readFileSync(`/proc/${handle.pid}/status`, 'utf8'),
  );
  const own = await guest('grep -E "^(CapBnd|Seccomp):" /proc/self/status');
  assert.deepEqual(own.match(/\S+$/gm), [ofInit?.[1], ofInit?.[2]]);
  assert.equal(ofInit?.[2], '2');
});

test('device nodes cannot be made, and the usual ones work', async () => {
  assert.notEqual(await status('mknod /root/sda b 8 0'), 0);
  assert.equal(await status('head -c 4 /dev/zero >/dev/null && head -c 4 /dev/urandom >/dev/null'), 0);
  assert.notEqual(await status('test -e /dev/kmsg'), 0);
});

test('a device node that lies on the disk is dead', async () => {
  await containers.host.programs.run(['mknod', path.join(plan.root.upper, 'root/null'), 'c', '1', '3']);
  assert.notEqual(await status('echo >/root/null'), 0);
});

test('anybody inside may use the devices that do no harm', async (t) => {
  if (!existsSync('/dev/fuse')) t.skip('this host has no /dev/fuse');
  assert.equal((await inside(engine, id, 'test -w /dev/fuse', { user: 1000, group: 1000 })).status, 0);
});

test('the host’s own device files keep their owner', () => {
  for (const device of ['/dev/null', '/dev/zero', '/dev/tty']) assert.equal(statSync(device).uid, 0, device);
});

test('kernel settings of the host can be read but not written', async () => {
  for (const file of [
    '/proc/sys/kernel/panic',
    '/proc/sysrq-trigger',
    '/sys/kernel/mm/transparent_hugepage/enabled',
  ]) {
    assert.notEqual(await status(`echo 1 >${file}`), 0, file);
  }
});

test('its own network settings can be written', async () => {
  assert.equal(await status('echo 1 >/proc/sys/net/ipv4/ip_forward'), 0);
});

test('masked files say nothing', async () => {
  assert.equal(await guest('cat /proc/keys'), '');
  assert.equal(await guest('cat /proc/timer_list'), '');
});

test('no file system of the host is in sight', async () => {
  const mounts = await guest('cat /proc/mounts');
  assert.doesNotMatch(mounts, /\/var\/tmp|\/pool/);
  const [root] = mounts.split('\n').filter((line) => line.split(' ')[1] === '/');
  assert.match(root ?? '', /^overlay .*nodev.*index=on.*nfs_export=on/);
  assert.notEqual(await status('touch /run/host/x'), 0);
});

test('groups inside begin at the instance’s own', async () => {
  const init = await guest('cat /proc/1/cgroup');
  for (const line of init.split('\n')) assert.match(line, /:\/$/);
  assert.match(await guest('cat /proc/self/cgroup'), /^0::\/exec\.[0-9a-f]{8}$/m);
});

test('the guest may make groups below its own, and not change its limits', async () => {
  const own = containers.host.cgroups.version === 2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
  assert.equal(await status(`mkdir ${own}/mine`), 0);
  const limit = containers.host.cgroups.version === 2 ? 'memory.max' : '../memory/memory.limit_in_bytes';
  assert.notEqual(await status(`echo 99999999999 >${own}/${limit}`), 0);
});

test('nothing of it is left in the daemon’s mount namespace but its small console', () => {
  const own = readFileSync('/proc/thread-self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/instances/${id}/`));
  assert.equal(own.length, 1);
  assert.match(own[0] ?? '', /\/console .* tmpfs .*size=1024k/);
});

test('no program of ours stays with it', () => {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  const names = children.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  assert.deepEqual(names.sort(), ['init', 'lxcfs']);
});

test('a privileged instance has the host’s ids, and still only the devices that it was given', async () => {
  const other = '99999999';
  const privileged = { ...(await containers.plan(other, { number: 2 })), idRange: undefined };
  await engine.start(privileged, never);
  try {
    const run = async (script: string) => inside(engine, other, script);
    assert.equal((await run('cat /proc/self/uid_map')).stdout.trim().split(/\s+/).at(-1), '4294967295');
    assert.equal((await run('echo >/dev/null')).status, 0);
    assert.notEqual((await run('mknod /run/mem c 1 1 && head -c 1 /run/mem')).status, 0);
    assert.notEqual((await run('echo 1 >/proc/sys/kernel/panic')).status, 0);
    await writeFile(path.join(privileged.root.upper, 'still-ours'), '');
    assert.equal(statSync('/dev/null').uid, 0);
  } finally {
    await engine.destroy(other);
  }
});
