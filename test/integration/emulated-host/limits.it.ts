import assert from 'node:assert/strict';
import { afterAll, beforeAll, test, vi } from 'vitest';
import { EmulatedHost } from '../../harness/emulated-host/emulated-host.ts';

/** A step takes half a minute where it takes one second on a host of its own, and more when that is busy. */
const patienceMs = 900_000;
vi.setConfig({ testTimeout: patienceMs, hookTimeout: patienceMs });

const mebibyte = 2 ** 20;
const usual = 'limits.memory=96MiB';

let host: EmulatedHost;
let init: string;
beforeAll(async () => {
  host = await EmulatedHost.boot(['busybox']);
  await host.startDaemon();
  await host.must(`wadah launch busybox c1 -c ${usual}`);
  init = await host.must(atGroup('cat payload/cgroup.procs'));
});
afterAll(() => host?.remove());

/** Runs where the limits of the only instance are. */
const atGroup = (script: string): string => `cd "$(dirname /sys/fs/cgroup/wadah_*/*/payload)" && ${script}`;

/** What files of that group say. */
async function group<Name extends string>(...files: Name[]): Promise<Record<Name, string>> {
  const said = await host.must(
    atGroup(`for file in ${files.join(' ')}; do tr '\\n' ';' <"$file"; echo; done`),
  );
  const lines = said.split('\n').map((line) => line.replace(/;$/, ''));
  return Object.fromEntries(files.map((file, index) => [file, lines[index]])) as Record<Name, string>;
}

const set = (...pairs: string[]): Promise<string> => host.must(`wadah config set c1 ${pairs.join(' ')}`);
const unset = (...keys: string[]): Promise<string> => host.must(`wadah config unset c1 ${keys.join(' ')}`);
const inside = (script: string): Promise<string> => host.must(`wadah exec c1 -- sh -c '${script}'`);

interface Counter {
  held: number;
  limit: number | undefined;
  refusals: number;
}
type Counters = Record<'memory' | 'swap' | 'processes' | 'disk' | 'inodes', Counter>;
async function counters(): Promise<Counters> {
  const said = await host.must('wadah counters c1 --format json');
  return (JSON.parse(said) as { counters: Counters }).counters;
}

test('processors and their time are given and taken, and seen from inside', async () => {
  await set('limits.cpu=1', 'limits.cpu.allowance=10ms/100ms');
  const look = 'nproc; grep -c ^processor /proc/cpuinfo; cat /sys/fs/cgroup/cpu.max';
  assert.equal(await inside(look), '1\n1\n10000 100000');
  const busy = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done';
  assert.match(await inside(`${busy}; cat /sys/fs/cgroup/cpu.stat`), /^nr_throttled [1-9]/m);
  await unset('limits.cpu', 'limits.cpu.allowance');
  assert.equal(await inside(look), '2\n2\nmax 100000');
});

test('a lower limit of memory takes back what can be had, and nobody is killed for it', async () => {
  await inside('dd if=/dev/zero of=/root/file bs=1M count=60; cat /root/file >/dev/null');
  assert.ok(Number((await group('memory.current'))['memory.current']) > 50 * mebibyte, 'it is in the cache');
  await set('limits.memory=24MiB');
  const now = await group('memory.max', 'memory.high', 'memory.current', 'memory.events');
  assert.equal(now['memory.max'], String(24 * mebibyte));
  assert.equal(now['memory.high'], 'max');
  assert.ok(Number(now['memory.current']) <= 24 * mebibyte);
  assert.match(now['memory.events'], /oom_kill 0/);
  assert.match(
    await inside('cat /proc/meminfo; cat /sys/fs/cgroup/memory.max'),
    /^MemTotal: +24576 kB[^]*25165824$/,
  );
  assert.notEqual(
    (await host.run("wadah exec c1 -- sh -c 'echo max >/sys/fs/cgroup/memory.max'")).exitCode,
    0,
  );
  await inside('rm /root/file');
  await set(usual);
});

test('one below what cannot be taken back is refused with the figure, and everything stays as it was', async () => {
  await inside('dd if=/dev/zero of=/dev/shm/held bs=1M count=40');
  const limits = ['memory.max', 'memory.high', 'memory.swap.max', 'pids.max'] as const;
  const before = await group(...limits);
  const refused = await host.run('wadah config set c1 limits.processes=50 limits.memory=16MiB');
  assert.match(
    refused.stderr,
    /Cannot limit memory to 16MiB: 4\d(\.\d+)?MiB is in use and cannot be taken back/,
  );
  assert.deepEqual(await group(...limits), before);
  assert.match(await inside('cat /proc/meminfo'), /^MemTotal: +98304 kB$/m);
  await inside('rm /dev/shm/held');
});

test('swap has a limit of its own; memory beyond both is refused, and the refusal counted', async () => {
  const fill = 'dd if=/dev/zero of=/dev/shm/held bs=1M count=70';
  await host.must(
    'fallocate -l 128M /srv/swap && chmod 600 /srv/swap && mkswap /srv/swap && swapon /srv/swap',
  );
  await set('limits.memory=32MiB', 'limits.memory.swap=false');
  assert.equal((await group('memory.swap.max'))['memory.swap.max'], '0');
  const before = await counters();
  assert.notEqual((await host.run(`wadah exec c1 -- ${fill}`)).exitCode, 0);
  const after = await counters();
  assert.equal(after.memory.refusals, before.memory.refusals + 1);
  await inside('rm /dev/shm/held');
  await set('limits.memory.swap=64MiB');
  await inside(fill);
  assert.ok((await counters()).swap.held > 30 * mebibyte);
  await inside('rm /dev/shm/held');
  await set(usual);
  await unset('limits.memory.swap');
  assert.equal((await group('memory.swap.max'))['memory.swap.max'], 'max');
  await host.must('swapoff /srv/swap');
});

test('processes beyond the limit are refused, and each refusal counted', async () => {
  await set('limits.processes=12');
  const { processes } = await counters();
  const forks = 'for i in $(seq 20); do sleep 600 & done';
  const end = atGroup('cat payload/exec.*/cgroup.procs | xargs kill');
  assert.match((await host.run(`wadah exec c1 -- sh -c '${forks}'`)).stderr, /fork/);
  assert.equal((await counters()).processes.refusals, processes.refusals + 1);
  await host.must(`${end}; until wadah exec c1 -- true; do sleep 1; done`);
  await unset('limits.processes');
  await inside(forks);
  await host.must(end);
});

test('its disk is as fast as it may be', async () => {
  await host.must('wadah config device set c1 root limits.write=1MiB limits.read=20iops');
  assert.match((await group('io.max'))['io.max'], /^\d+:\d+ rbps=max wbps=1048576 riops=20 wiops=max$/);
  await host.must('wadah config device set c1 root limits.write= limits.read=');
  assert.equal((await group('io.max'))['io.max'], '');
});

test('where the file system of the pool has quotas, its disk gets limits while it is used, and loses them', async () => {
  await host.must('wadah config device set c1 root size=64MiB size.inodes=500');
  const fill = 'wadah exec c1 -- dd if=/dev/zero of=/root/file bs=1M count=90';
  assert.match((await host.run(fill)).stderr, /Disk quota exceeded|No space left/);
  const { disk } = await counters();
  const [pid] = init.split('\n');
  assert.ok(disk.limit === 64 * mebibyte && disk.held > 60 * mebibyte && disk.held <= disk.limit);
  assert.match(await inside('df -m / | tail -n 1'), / 64 /);
  const refused = await host.run('wadah config device set c1 root size=32MiB');
  assert.match(refused.stderr, /The root disk cannot be limited to 32MiB: it holds 6\d/);
  // Its root is not let at what tells to whom a file counts, though the files are its own.
  const leave = (project: number) =>
    host.run(
      `nsenter -t ${pid} -U sh -c 'cd /proc/${pid}/root/root && chattr -p ${project} file; lsattr -p file'`,
    );
  const left = await leave(0);
  assert.match(
    left.stderr,
    /chattr: (Invalid argument|Operation not permitted) while setting project on file/,
  );
  assert.match(left.stdout, /^ *[1-9]\d*/);
  const files = 'mkdir -p /root/many; for i in $(seq 600); do >/root/many/$i || exit 1; done';
  await host.must('wadah config device set c1 root size=160MiB');
  assert.notEqual((await host.run(`wadah exec c1 -- sh -c '${files}'`)).exitCode, 0);
  const { inodes } = await counters();
  assert.deepEqual([inodes.held, inodes.limit], [500, 500]);
  await host.must('wadah config device set c1 root size= size.inodes=');
  await inside(files);
  await host.must(`${fill} && wadah exec c1 -- rm -r /root/file /root/many`);
  assert.doesNotMatch(await host.must('wadah info c1'), /Waits for the next start/);
  assert.equal((await counters()).disk.limit, undefined);
});

test('all the while nothing inside was started again', async () => {
  assert.equal(await host.must(atGroup('cat payload/cgroup.procs')), init);
});

test('a root disk that no quota holds is a file system of its own, which grows while it is used', async () => {
  await host.must('modprobe loop'); // as udev does
  await host.must('wadah stop --force c1 && chattr -p 0 /srv/state/pool/roots/*'); // as one made before there were quotas
  await host.must('wadah config device set c1 root size=64MiB && wadah start c1');
  const fill = 'dd if=/dev/zero of=/root/file bs=1M count=90';
  assert.match((await host.run(`wadah exec c1 -- ${fill}`)).stderr, /No space left/);
  await host.must('wadah config device set c1 root size=160MiB');
  await host.must(`wadah exec c1 -- ${fill}`);
  const total = await inside('df -m / | tail -n 1');
  assert.ok(Number(/ (\d+) /.exec(total)?.[1]) > 128, total);
  await host.must('wadah delete --force c1');
});
