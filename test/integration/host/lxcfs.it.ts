import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { processesBelow } from '#host/cgroup/files.ts';
import { type OpenedCgroups, openCgroups } from '#host/cgroup/open.ts';
import { killGroup } from '#host/cgroup/v2-group.ts';
import { prepareCgroupMounts } from '#host/cgroup/private-mounts.ts';
import { Lxcfs } from '#host/lxcfs/lxcfs.ts';
import { readMounts } from '#host/mount/mountinfo.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import { testGuestPaths } from '../../harness/guest-paths.ts';

const programs = new HostPrograms();
const id = '0123abcd';
let run: string;
let host: OpenedCgroups;
let lxcfs: Lxcfs;

const guestPaths = testGuestPaths(programs);

const makeLxcfs = (): Lxcfs =>
  new Lxcfs({ programs, guestPaths, run, root: host.root, logger: silentLogger });

beforeEach(async () => {
  run = `/run/wadah-test-${process.pid}`;
  await mkdir(run);
  await prepareCgroupMounts(run);
  host = await openCgroups({ mark: 'f00d', run });
  lxcfs = makeLxcfs();
});
afterEach(async () => {
  await lxcfs.remove();
  await host.cgroups.killAll(id);
  await host.cgroups.remove(id);
  await host.cgroups.close();
  await unmountBelow(run);
  await rm(run, { recursive: true });
});

const pids = (): Promise<number[]> => processesBelow(join(host.root, 'lxcfs'));

/** A process that plays a container: own user, pid and mount namespace, 64 MiB, lxcfs's files bound over its /proc. */
async function container(): Promise<number> {
  const { payload, v1 } = await host.cgroups.make(id, 0);
  await host.cgroups.setLimits(id, {
    memory: { bytes: 64 * 2 ** 20, isSoft: false, swapBytes: undefined },
    cpus: [0],
  });
  const script = [
    'mount -t proc proc /proc',
    ...Object.entries(lxcfs.files()).map(([target, source]) => `mount --bind ${source} ${target}`),
    'echo ready',
    'exec sleep 600',
  ].join(' && ');
  const enter = Object.values(v1).map((folder) => `echo 0 > '${folder}/cgroup.procs'`);
  const unshare = `exec unshare --user --map-root-user --pid --mount --fork --kill-child sh -c "$0"`;
  const argv = ['sh', '-c', [...enter, unshare].join(' && '), script];
  const { child, pid } = await programs.spawn(argv, { leaf: payload, stdio: ['ignore', 'pipe', 2] });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  const init = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return Number(init);
}

const inside = async (pid: number, ...argv: string[]): Promise<string> =>
  (await programs.run(['nsenter', '-t', String(pid), '-U', '-m', '-p', '--preserve-credentials', ...argv]))
    .stdout;

const totalKiB = async (pid: number): Promise<number> =>
  Number(/MemTotal:\s+(\d+) kB/.exec(await inside(pid, 'cat', '/proc/meminfo'))?.[1]);

test('a container sees its own memory and processors', async () => {
  await lxcfs.open();
  const pid = await container();
  assert.equal(await totalKiB(pid), 64 * 1024);
  assert.equal((await inside(pid, 'cat', '/sys/devices/system/cpu/online')).trim(), '0');
  assert.match(await inside(pid, 'cat', '/proc/uptime'), /^[0-9.]+ /);
});

test('it outlives the daemon, and the next one takes it over', async () => {
  await lxcfs.open();
  const before = await pids();
  lxcfs.close();
  lxcfs = makeLxcfs();
  await lxcfs.open();
  assert.deepEqual(await pids(), before);
  assert.ok(lxcfs.files()['/proc/meminfo']);
});

test('when it dies it is started again, and running containers get its files again', async () => {
  await lxcfs.open();
  const pid = await container();
  const restarted = new Promise<void>((resolve) => lxcfs.onRestart(resolve));
  const before = await pids();
  for (const one of before) process.kill(one, 'SIGKILL');
  await restarted;
  assert.equal(
    (await pids()).some((one) => before.includes(one)),
    false,
  );
  await assert.rejects(inside(pid, 'cat', '/proc/meminfo'), { message: /not connected/ });
  await lxcfs.rebind(pid);
  assert.equal(await totalKiB(pid), 64 * 1024);
  assert.equal((await inside(pid, 'cat', '/sys/devices/system/cpu/online')).trim(), '0');
  await lxcfs.rebind(pid);
  assert.equal(await totalKiB(pid), 64 * 1024, 'again changes nothing');
});

test('one that died while no daemon ran is replaced at the next start', async () => {
  await lxcfs.open();
  lxcfs.close();
  await killGroup(join(host.root, 'lxcfs'));
  lxcfs = makeLxcfs();
  await lxcfs.open();
  assert.equal((await pids()).length, 1);
  assert.ok(existsSync(lxcfs.files()['/proc/meminfo'] ?? ''));
});

test('removing it leaves no process, mount or folder, and succeeds again', async () => {
  await lxcfs.open();
  await lxcfs.remove();
  assert.equal(
    readMounts().some(({ type }) => type === 'fuse.lxcfs'),
    false,
  );
  assert.deepEqual(await pids(), []);
  assert.equal(existsSync(join(run, 'lxcfs')), false);
  assert.deepEqual(lxcfs.files(), {});
  await lxcfs.remove();
});
