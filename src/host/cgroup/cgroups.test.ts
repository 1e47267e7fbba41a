import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { Cgroups, GroupState } from './cgroups.ts';
import { FakeKernel } from './fake-kernel.ts';

const id = '0123abcd';
const none = {
  memory: undefined,
  cpus: undefined,
  nodes: undefined,
  cpuTime: undefined,
  cpuWeight: undefined,
  processes: undefined,
  io: undefined,
  ioWeight: undefined,
};
const memoryOf = (bytes: number) => ({ bytes, isSoft: false, swapBytes: undefined });
const group = `v2/wadah_ab12/${id}`;
const owner = process.getuid?.() ?? 0;

/** Where the two kinds of hosts keep the same thing. */
const places = {
  1: {
    memoryLimit: `memory/wadah_ab12/${id}/memory.limit_in_bytes`,
    noMemoryLimit: '-1',
    memoryUsed: `memory/wadah_ab12/${id}/memory.usage_in_bytes`,
    memoryPeak: `memory/wadah_ab12/${id}/memory.max_usage_in_bytes`,
    outOfMemory: [
      `memory/wadah_ab12/${id}/memory.oom_control`,
      'oom_kill_disable 0\nunder_oom 0\noom_kill 2',
    ],
    swap: [`memory/wadah_ab12/${id}/memory.memsw.usage_in_bytes`, '5000'], // with the 4096 of memory
    cpus: `cpuset/wadah_ab12/${id}/cpuset.cpus`,
    allCpus: '0,1,2,3',
    nodes: `cpuset/wadah_ab12/${id}/cpuset.mems`,
    allNodes: '0',
    cpuTime: {
      [`cpu,cpuacct/wadah_ab12/${id}/cpu.cfs_quota_us`]: ['25000', '-1'],
      [`cpu,cpuacct/wadah_ab12/${id}/cpu.cfs_period_us`]: ['50000', '50000'],
      [`cpu,cpuacct/wadah_ab12/${id}/cpu.shares`]: ['512', '1024'],
    },
    io: {
      [`blkio/wadah_ab12/${id}/blkio.throttle.read_bps_device`]: ['254:0 4096', '254:0 0'],
      [`blkio/wadah_ab12/${id}/blkio.throttle.read_iops_device`]: ['254:0 100', '254:0 0'],
      [`blkio/wadah_ab12/${id}/blkio.bfq.weight`]: ['200', '100'],
    },
    softMemory: `memory/wadah_ab12/${id}/memory.soft_limit_in_bytes`,
    noSoftMemory: '-1',
    swapLimit: `memory/wadah_ab12/${id}/memory.memsw.limit_in_bytes`,
    limitOf: (memory: number, swap: number) => String(memory + swap),
    processLimit: `pids/wadah_ab12/${id}/pids.max`,
    processes: `pids/wadah_ab12/${id}/pids.current`,
    ociPath: `/wadah_ab12/${id}`,
  },
  2: {
    memoryLimit: `${group}/memory.max`,
    noMemoryLimit: 'max',
    memoryUsed: `${group}/memory.current`,
    memoryPeak: `${group}/memory.peak`,
    outOfMemory: [`${group}/memory.events`, 'low 0\noom 3\noom_kill 2\noom_group_kill 0'],
    swap: [`${group}/memory.swap.current`, '904'],
    cpus: `${group}/cpuset.cpus`,
    allCpus: '0,1,2,3',
    nodes: `${group}/cpuset.mems`,
    allNodes: '0',
    cpuTime: {
      [`${group}/cpu.max`]: ['25000 50000', 'max 100000'],
      [`${group}/cpu.weight`]: ['50', '100'],
    },
    io: {
      [`${group}/io.max`]: [
        '254:0 rbps=4096 wbps=max riops=100 wiops=max',
        '254:0 rbps=max wbps=max riops=max wiops=max',
      ],
      [`${group}/io.bfq.weight`]: ['200', '100'],
    },
    softMemory: `${group}/memory.high`,
    noSoftMemory: 'max',
    swapLimit: `${group}/memory.swap.max`,
    limitOf: (_: number, swap: number) => String(swap),
    processLimit: `${group}/pids.max`,
    processes: `${group}/pids.current`,
    ociPath: `/wadah_ab12/${id}/payload`,
  },
} as const;

describe.each([1, 2] as const)('cgroups of a host with v%i controllers', (version) => {
  const place = places[version];
  let kernel: FakeKernel;
  let cgroups: Cgroups;

  beforeEach(async () => {
    kernel = await FakeKernel.make(version);
    cgroups = kernel.cgroups();
    await cgroups.open();
  });
  afterEach(() => kernel.destroy());

  const events = (populated: 0 | 1, frozen: 0 | 1 = 0): Promise<void> =>
    kernel.write(`${group}/cgroup.events`, `populated ${populated}\nfrozen ${frozen}\n`);

  test('opening and making again changes nothing', async () => {
    await cgroups.open();
    const first = await cgroups.make(id, owner);
    assert.deepEqual(await cgroups.make(id, owner), first);
    assert.deepEqual(cgroups.folders(id), first);
    assert.deepEqual(await cgroups.ids(), [id]);
    assert.equal(cgroups.version, version);
  });

  test('an instance has a group for its processes, apart from the one for programs from outside', async () => {
    const { payload, exec, ociPath, v1 } = await cgroups.make(id, owner);
    assert.ok(payload.endsWith(`/${group}/payload`));
    assert.ok(exec.endsWith(`/${group}/exec`));
    assert.equal(ociPath, place.ociPath);
    assert.deepEqual(
      Object.keys(v1).sort(),
      version === 1 ? ['blkio', 'cpu,cpuacct', 'cpuset', 'memory', 'pids'] : [],
    );
  });

  test('a guest cannot make cgroups without end', async () => {
    await cgroups.make(id, owner);
    assert.equal(kernel.read(`${group}/cgroup.max.descendants`), '4096');
  });

  test('limits are set, changed and lifted while it runs', async () => {
    await cgroups.make(id, owner);
    await cgroups.setLimits(id, { memory: memoryOf(2 ** 28), cpus: [1, 3], processes: 100 });
    assert.equal(kernel.read(place.memoryLimit), String(2 ** 28));
    assert.equal(kernel.read(place.cpus), '1,3');
    assert.equal(kernel.read(place.processLimit), '100');
    assert.deepEqual(cgroups.cpusOf(id), [1, 3]);
    await cgroups.setLimits(id, none);
    assert.equal(kernel.read(place.memoryLimit), place.noMemoryLimit);
    assert.equal(kernel.read(place.cpus), place.allCpus);
    assert.equal(kernel.read(place.processLimit), 'max');
    assert.equal(cgroups.cpusOf(id), undefined);
  });

  test('what is not named stays as it is', async () => {
    await cgroups.make(id, owner);
    await cgroups.setLimits(id, { processes: 100 });
    await cgroups.setLimits(id, { cpus: [2] });
    assert.equal(kernel.read(place.processLimit), '100');
  });

  test('processor time and NUMA nodes are given and taken', async () => {
    await cgroups.make(id, owner);
    const time = { quotaUs: 25_000, periodUs: 50_000 };
    await cgroups.setLimits(id, { cpuTime: time, cpuWeight: 50, nodes: [0] });
    for (const [file, [limited]] of Object.entries(place.cpuTime)) assert.equal(kernel.read(file), limited);
    assert.equal(kernel.read(place.nodes), '0');
    await cgroups.setLimits(id, none);
    for (const [file, [, free]] of Object.entries(place.cpuTime)) assert.equal(kernel.read(file), free);
    assert.equal(kernel.read(place.nodes), place.allNodes);
  });

  test('a soft limit leaves the hard one open, and swap is limited beside memory', async () => {
    await cgroups.make(id, owner);
    await cgroups.setLimits(id, { memory: { bytes: 2 ** 28, isSoft: true, swapBytes: undefined } });
    assert.equal(kernel.read(place.memoryLimit), place.noMemoryLimit);
    assert.equal(kernel.read(place.softMemory), String(2 ** 28));
    await cgroups.setLimits(id, { memory: { bytes: 2 ** 28, isSoft: false, swapBytes: 2 ** 20 } });
    assert.equal(kernel.read(place.memoryLimit), String(2 ** 28));
    assert.equal(kernel.read(place.softMemory), place.noSoftMemory);
    assert.equal(kernel.read(place.swapLimit), place.limitOf(2 ** 28, 2 ** 20));
  });

  test('the use of a disk is throttled, and let go', async () => {
    await cgroups.make(id, owner);
    const free = { writeBytes: undefined, writeOperations: undefined };
    const read = { device: '254:0', readBytes: 4096, readOperations: 100, ...free };
    await cgroups.setLimits(id, { io: [read], ioWeight: 200 });
    const written = Object.keys(place.io).map((file) => kernel.read(file));
    assert.deepEqual(
      written,
      Object.values(place.io).map(([limited]) => limited),
    );
    await cgroups.setLimits(id, none);
    const afterwards = Object.keys(place.io).map((file) => kernel.read(file));
    assert.deepEqual(
      afterwards,
      Object.values(place.io).map(([, open]) => open),
    );
  });

  test('usage comes from the accounts of the kernel', async () => {
    await cgroups.make(id, owner);
    await kernel.write(`${group}/cpu.stat`, 'usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n');
    await kernel.write(place.memoryUsed, '4096\n');
    await kernel.write(place.memoryPeak, '8192\n');
    await kernel.write(place.processes, '7\n');
    await kernel.write(...(place.outOfMemory as [string, string]));
    await kernel.write(...(place.swap as [string, string]));
    assert.deepEqual(cgroups.usage(id), {
      cpuNanoseconds: 1_500_000n,
      memoryBytes: 4096,
      memoryPeakBytes: 8192,
      swapBytes: 904,
      processes: 7,
      outOfMemoryKills: 2,
    });
    assert.equal(cgroups.usage('ffffffff'), undefined);
  });

  test('freezing lasts until every process stands still', async () => {
    await cgroups.make(id, owner);
    await events(1);
    let isDone = false;
    const frozen = cgroups.freeze(id).then(() => {
      isDone = true;
    });
    while (kernel.read(`${group}/cgroup.freeze`) !== '1') await new Promise(setImmediate);
    assert.equal(isDone, false);
    await events(1, 1);
    await frozen;
    assert.deepEqual(cgroups.state(id), { isPopulated: true, isFrozen: true });
    const thawed = cgroups.thaw(id);
    await events(1, 0);
    await thawed;
    assert.equal(kernel.read(`${group}/cgroup.freeze`), '0');
  });

  test('killing lasts until no process is left', async () => {
    await cgroups.make(id, owner);
    await events(1);
    const killed = cgroups.killAll(id);
    while (kernel.read(`${group}/cgroup.kill`) !== '1') await new Promise(setImmediate);
    await events(0);
    await killed;
    await cgroups.killAll(id);
    await cgroups.killAll('ffffffff');
  });

  test('changes are told as they come', async () => {
    await cgroups.make(id, owner);
    const told: GroupState[] = [];
    let next = (): void => {};
    const watching = cgroups.watch(id, (state) => {
      told.push(state);
      next();
    });
    const change = new Promise<void>((resolve) => {
      next = resolve;
    });
    await events(1);
    await change;
    watching.stop();
    assert.equal(told[0]?.isFrozen, false);
  });

  test('removing takes the groups that the guest made too, and succeeds again', async () => {
    const { payload } = await cgroups.make(id, owner);
    await kernel.mkdir(join(payload, 'system.slice'));
    await kernel.mkdir(join(payload, 'system.slice/cron.service'));
    await cgroups.remove(id);
    await cgroups.remove(id);
    assert.deepEqual(await cgroups.ids(), []);
    assert.equal(kernel.has(group), false);
    await cgroups.close();
    assert.equal(kernel.has('v2/wadah_ab12'), false);
    await cgroups.close();
  });

  test('a group in which something runs is not removed, and the fault says what', async () => {
    await cgroups.make(id, owner);
    await kernel.write(`${group}/payload/cgroup.procs`, '4711\n');
    await assert.rejects(cgroups.remove(id), {
      code: 'busy',
      message: /0123abcd: processes are left in it \(4711\)/,
    });
  });

  test('an operation has a leaf, which is emptied and taken away', async () => {
    const leaves = kernel.leaves();
    const leaf = await leaves.make('0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
    assert.ok(leaf.endsWith('/v2/wadah_ab12/op-0a1b2c3d4e5f'));
    assert.deepEqual(await cgroups.ids(), [], 'no instance');
    await leaves.empty(leaf);
    await leaves.empty(leaf);
    assert.equal(kernel.has('v2/wadah_ab12/op-0a1b2c3d4e5f'), false);
  });
});

describe('one kind of host only', () => {
  let kernel: FakeKernel;
  afterEach(() => kernel.destroy());

  test('a v1 cpuset lets processes in from the beginning', async () => {
    kernel = await FakeKernel.make(1);
    const cgroups = kernel.cgroups();
    await cgroups.open();
    await cgroups.make(id, owner);
    assert.equal(kernel.read(`cpuset/wadah_ab12/${id}/cpuset.cpus`), '0-3');
    assert.equal(kernel.read(`cpuset/wadah_ab12/${id}/cpuset.mems`), '0');
  });

  test.each([
    [1, 'pids'],
    [2, `${group}/pids.max`],
  ] as const)(
    'a limit without its controller is refused on v%i, and lifting it is not',
    async (version, missing) => {
      kernel = await FakeKernel.make(version);
      if (version === 1) await kernel.lack(missing);
      const cgroups = kernel.cgroups();
      await cgroups.open();
      await cgroups.make(id, owner);
      if (version === 2) await kernel.lack(missing);
      await assert.rejects(cgroups.setLimits(id, { processes: 5 }), {
        code: 'unsupported',
        message: 'This host cannot limit the number of processes: it has no pids cgroup controller',
      });
      await cgroups.setLimits(id, none);
    },
  );

  test('on v2 every level hands its controllers down', async () => {
    kernel = await FakeKernel.make(2);
    const cgroups = kernel.cgroups();
    await cgroups.open();
    await cgroups.make(id, owner);
    for (const folder of ['v2', 'v2/wadah_ab12', group]) {
      assert.equal(kernel.read(`${folder}/cgroup.subtree_control`), '+cpu +cpuset +io +memory +pids');
    }
  });

  test('on v2 the limits stand where programs inside look for them, too', async () => {
    kernel = await FakeKernel.make(2);
    const cgroups = kernel.cgroups();
    await cgroups.open();
    await cgroups.make(id, owner);
    const inside = (file: string) => kernel.read(`${group}/payload/${file}`);
    const cpuTime = { quotaUs: 25_000, periodUs: 50_000 };
    await cgroups.setLimits(id, { memory: memoryOf(2 ** 28), cpuTime, processes: 100 });
    assert.deepEqual(['memory.max', 'cpu.max', 'pids.max'].map(inside), [
      String(2 ** 28),
      '25000 50000',
      '100',
    ]);
    await cgroups.setLimits(id, none);
    assert.deepEqual(['memory.max', 'cpu.max', 'pids.max'].map(inside), ['max', 'max 100000', 'max']);
  });

  test('on v2 a memory limit below what cannot be taken back is refused instead of killing', async () => {
    kernel = await FakeKernel.make(2);
    const cgroups = kernel.cgroups();
    await cgroups.open();
    await cgroups.make(id, owner);
    await kernel.write(`${group}/memory.current`, String(100 * 2 ** 20));
    await assert.rejects(cgroups.setLimits(id, { memory: memoryOf(64 * 2 ** 20) }), {
      code: 'insufficient',
      message: 'Cannot limit memory to 64MiB: 100MiB is in use and cannot be taken back',
    });
    assert.equal(kernel.read(`${group}/memory.max`), 'max');
    assert.equal(kernel.read(`${group}/memory.high`), 'max');
  });
});
