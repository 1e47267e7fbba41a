import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'vitest';
import type { CgroupFolders, Cgroups, GroupState } from '#host/cgroup/cgroups.ts';
import { type OpenedCgroups, openCgroups } from '#host/cgroup/open.ts';
import { prepareCgroupMounts } from '#host/cgroup/private-mounts.ts';
import { namespaceVariable } from '#host/mount/private-namespace.ts';
import { readMounts } from '#host/mount/mountinfo.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { SpawnedProgram } from '#host/process/programs.ts';
import { startTimeOf } from '#host/process/proc.ts';
import { hierarchies } from '../../harness/hierarchies.ts';

const programs = new HostPrograms();
const id = '0123abcd';
const owner = 3_000_000;
const none = { memory: undefined, cpus: undefined, processes: undefined };
const memoryOf = (bytes: number) => ({ bytes, isSoft: false, swapBytes: undefined });
let run: string;
let host: OpenedCgroups;
let cgroups: Cgroups;
let folders: CgroupFolders;

beforeEach(async () => {
  run = `/run/wadah-test-${process.pid}`;
  await mkdir(run);
  await prepareCgroupMounts(run);
  host = await openCgroups({ mark: 'f00d', run });
  cgroups = host.cgroups;
  folders = await cgroups.make(id, owner);
});
afterEach(async () => {
  await cgroups.killAll(id);
  await cgroups.remove(id);
  await cgroups.close();
  await unmountBelow(run);
  await rm(run, { recursive: true });
});

/** Starts a shell script in all groups of the instance. */
async function inside(script: string, leaf = folders.payload): Promise<SpawnedProgram> {
  const enter = Object.values(folders.v1).map((folder) => `echo 0 > '${folder}/cgroup.procs'`);
  const argv = ['sh', '-c', [...enter, script].join('\n')];
  return programs.spawn(argv, { leaf, stdio: ['ignore', 'pipe', 'ignore'] });
}

const outputOf = async (script: string): Promise<string> => {
  const { child } = await inside(script);
  return text(child.stdout as NodeJS.ReadableStream);
};

/** A script that says when it is there. */
async function sleeper(script = 'echo ready; exec sleep 600', leaf?: string): Promise<SpawnedProgram> {
  const program = await inside(script, leaf);
  await once(program.child.stdout as NodeJS.ReadableStream, 'data');
  return program;
}

test('crun finds a cgroup tree that it accepts, and preparing it again changes nothing', async () => {
  const before = readMounts();
  await prepareCgroupMounts(run);
  assert.deepEqual(readMounts(), before);
  assert.equal(existsSync('/sys/fs/cgroup/unified'), false);
  const v2 = readMounts().filter(
    ({ type, target }) => type === 'cgroup2' && !target.startsWith(hierarchies()),
  );
  assert.equal(v2.length, 1);
});

test('outside the namespace that was made for it, nothing is mounted or unmounted', async (t) => {
  if (cgroups.version === 2) t.skip('this host has v2 alone, where nothing needs to be mounted');
  const made = process.env[namespaceVariable];
  process.env[namespaceVariable] = '1';
  try {
    await assert.rejects(prepareCgroupMounts(run), { code: 'unsupported', hint: /bin\/wadahd/ });
  } finally {
    process.env[namespaceVariable] = made;
  }
});

test('the processors of an instance are those that nproc counts, and change while it runs', async () => {
  const all = readdirSync('/sys/devices/system/cpu').filter((name) => /^cpu\d+$/.test(name)).length;
  await cgroups.setLimits(id, { cpus: [0] });
  assert.equal(await outputOf('nproc'), '1\n');
  assert.deepEqual(cgroups.cpusOf(id), [0]);
  await cgroups.setLimits(id, none);
  assert.equal(await outputOf('nproc'), `${all}\n`);
  assert.equal(cgroups.cpusOf(id), undefined);
});

test('a process that needs more than the memory limit is killed, and counted', async () => {
  await cgroups.setLimits(id, { memory: memoryOf(32 * 2 ** 20) });
  const { exited } = await inside('x=$(head -c 100000000 /dev/zero | tr "\\0" x)');
  assert.deepEqual(await exited, { code: null, signal: 'SIGKILL' });
  const usage = cgroups.usage(id);
  assert.equal(usage?.outOfMemoryKills, 1);
  assert.ok((usage?.memoryPeakBytes ?? 0) > 30 * 2 ** 20);
});

test('a memory limit below what is in use and cannot be taken back is refused, and nobody is killed', async () => {
  const { pid } = await sleeper(
    'x=$(head -c 50000000 /dev/zero | tr "\\0" x); echo ready; sleep 600; echo "$x"',
  );
  await assert.rejects(cgroups.setLimits(id, { memory: memoryOf(16 * 2 ** 20) }), {
    code: 'insufficient',
  });
  assert.ok(startTimeOf(pid));
  await cgroups.setLimits(id, { memory: memoryOf(2 ** 30) });
});

test('past the limit of processes none is made', async () => {
  await cgroups.setLimits(id, { processes: 5 });
  const said = await outputOf('exec 2>&1; for i in 1 2 3 4 5 6 7 8; do sleep 600 >/dev/null 2>&1 & done');
  assert.match(said, /fork/i);
  assert.ok((cgroups.usage(id)?.processes ?? 0) <= 5);
});

test('usage counts processor time, memory and processes', async () => {
  const { exited } = await inside('i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done');
  await exited;
  const before = cgroups.usage(id);
  assert.ok((before?.cpuNanoseconds ?? 0n) > 1_000_000n);
  await sleeper();
  assert.equal(cgroups.usage(id)?.processes, 1);
});

test('a frozen instance stands still, goes on when thawed, and can be killed while frozen', async () => {
  const { pid, exited } = await sleeper('echo ready; while :; do :; done');
  await cgroups.freeze(id);
  assert.deepEqual(cgroups.state(id), { isPopulated: true, isFrozen: true });
  const ticks = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ').slice(13, 15).join(' ');
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(ticks(), before);
  await cgroups.thaw(id);
  assert.equal(cgroups.state(id).isFrozen, false);
  await cgroups.freeze(id);
  await cgroups.killAll(id);
  assert.equal((await exited).signal, 'SIGKILL');
  assert.equal(cgroups.state(id).isPopulated, false);
});

test('killing reaches processes in every group below, however fast they fork', async () => {
  await sleeper('(while :; do sleep 1 & done) & (setsid sleep 600 &) ; echo ready; wait');
  await sleeper(undefined, folders.exec);
  await cgroups.killAll(id);
  assert.equal(cgroups.state(id).isPopulated, false);
  await cgroups.remove(id);
  assert.equal(existsSync(folders.group), false);
});

test('the end of the last process is told', async () => {
  const { pid } = await sleeper();
  const empty = new Promise<GroupState>((resolve) => {
    const watching = cgroups.watch(id, (state) => {
      if (state.isPopulated) return;
      watching.stop();
      resolve(state);
    });
  });
  process.kill(pid);
  assert.equal((await empty).isPopulated, false);
});

test('a guest can make groups below its own, not beside it, and they go with the instance', async () => {
  const asOwner = ['setpriv', '--reuid', String(owner), '--regid', String(owner), '--clear-groups'];
  await programs.run([
    ...asOwner,
    'mkdir',
    `${folders.payload}/system.slice`,
    `${folders.payload}/system.slice/x`,
  ]);
  await assert.rejects(programs.run([...asOwner, 'mkdir', `${folders.group}/beside`]), /Permission denied/);
  await cgroups.remove(id);
  assert.deepEqual(await cgroups.ids(), []);
});

test('what an operation leaves running is ended with its leaf, even what hid in a session of its own', async () => {
  const leaf = await host.leaves.make('0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
  const { stdout } = await host.leaves.enter(leaf, () =>
    programs.run(['sh', '-c', 'setsid sh -c "sleep 600 & wait" >/dev/null & echo $$']),
  );
  assert.ok(Number(stdout) > 0);
  assert.notEqual(readFileSync(join(leaf, 'cgroup.procs'), 'utf8'), '');
  await host.leaves.empty(leaf);
  assert.equal(existsSync(leaf), false);
});

test('nothing is left when the daemon cleans up', async () => {
  await cgroups.remove(id);
  await cgroups.close();
  const trees = readMounts().filter(({ type }) => type.startsWith('cgroup'));
  assert.ok(trees.length > 0);
  for (const { target } of trees) assert.equal(existsSync(join(target, 'wadah_f00d')), false, target);
});
