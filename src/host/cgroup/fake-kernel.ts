import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { GroupFolders } from './group-folders.ts';
import { HostCgroups } from './host-cgroups.ts';
import { OperationLeaves } from './operation-leaves.ts';
import { V1Controllers } from './v1-controllers.ts';
import { V2Controllers } from './v2-controllers.ts';

const leafFiles = {
  'cgroup.controllers': '',
  'cgroup.events': 'populated 0\nfrozen 0',
  'cgroup.freeze': '0',
  'cgroup.kill': '',
  'cgroup.max.descendants': 'max',
  'cgroup.procs': '',
  'cgroup.subtree_control': '',
  'cgroup.threads': '',
  'cpu.stat': 'usage_usec 0\nuser_usec 0\nsystem_usec 0',
};
const v2Files = {
  ...leafFiles,
  'cgroup.controllers': 'cpuset cpu io memory hugetlb pids',
  'cpu.max': 'max 100000',
  'io.bfq.weight': '100',
  'io.max': '',
  'cpu.weight': '100',
  'cpuset.cpus': '',
  'cpuset.cpus.effective': '0-3',
  'cpuset.mems': '',
  'cpuset.mems.effective': '0',
  'memory.current': '0',
  'memory.events': 'low 0\noom 0\noom_kill 0\noom_group_kill 0',
  'memory.high': 'max',
  'memory.max': 'max',
  'memory.peak': '0',
  'memory.reclaim': '',
  'memory.swap.current': '0',
  'memory.swap.max': 'max',
  'pids.current': '0',
  'pids.max': 'max',
};
const v1Files: Record<string, Record<string, string>> = {
  memory: {
    'memory.limit_in_bytes': '9223372036854771712',
    'memory.max_usage_in_bytes': '0',
    'memory.memsw.limit_in_bytes': '9223372036854771712',
    'memory.memsw.usage_in_bytes': '0',
    'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0',
    'memory.soft_limit_in_bytes': '9223372036854771712',
    'memory.usage_in_bytes': '0',
    'memory.use_hierarchy': '1',
  },
  blkio: {
    'blkio.bfq.weight': '100',
    'blkio.throttle.read_bps_device': '',
    'blkio.throttle.read_iops_device': '',
    'blkio.throttle.write_bps_device': '',
    'blkio.throttle.write_iops_device': '',
  },
  cpuset: { 'cpuset.cpus': '', 'cpuset.mems': '', 'cgroup.clone_children': '0' },
  pids: { 'pids.current': '0', 'pids.max': 'max' },
  'cpu,cpuacct': { 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '-1', 'cpu.shares': '1024' },
};

/** A folder that behaves like a host's cgroup file systems as far as `HostCgroups` can tell. */
export class FakeKernel {
  readonly #folder: string;
  readonly #version: 1 | 2;
  readonly #groups = new GroupFolders(
    { mkdir: (path) => this.mkdir(path), rmdir: (path) => this.#rmdir(path) },
    2,
  );

  private constructor(folder: string, version: 1 | 2) {
    this.#folder = folder;
    this.#version = version;
  }

  /** With one group, `wadah_ab12`, for the daemon. */
  static async make(version: 1 | 2): Promise<FakeKernel> {
    const kernel = new FakeKernel(await mkdtemp('/tmp/wadah-cgroup-'), version);
    await kernel.mkdir(join(kernel.#folder, 'v2'));
    if (version === 1)
      await Promise.all(Object.keys(v1Files).map((name) => kernel.mkdir(join(kernel.#folder, name))));
    return kernel;
  }

  cgroups(): HostCgroups {
    const root = join(this.#folder, 'v2/wadah_ab12');
    const mounted = Object.keys(v1Files).filter((name) => this.has(name));
    const hierarchies = Object.fromEntries(mounted.map((name) => [name, join(this.#folder, name)]));
    const controllers =
      this.#version === 2
        ? new V2Controllers(join(this.#folder, 'v2'), 'wadah_ab12', this.#groups)
        : new V1Controllers(hierarchies, 'wadah_ab12', this.#groups);
    return new HostCgroups(root, controllers, this.#groups);
  }

  leaves(): OperationLeaves {
    return new OperationLeaves(join(this.#folder, 'v2/wadah_ab12'), this.#groups);
  }

  read(path: string): string {
    return readFileSync(join(this.#folder, path), 'utf8').trim();
  }

  async write(path: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, path), text);
  }

  has(path: string): boolean {
    return existsSync(join(this.#folder, path));
  }

  /** Takes a file or a whole hierarchy away, as in a kernel that lacks the ability. */
  async lack(path: string): Promise<void> {
    await rm(join(this.#folder, path), { recursive: true });
  }

  destroy(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }

  /** As the kernel does it: with the files of a group. */
  async mkdir(path: string): Promise<void> {
    await mkdir(path);
    const [hierarchy = ''] = relative(this.#folder, path).split(sep);
    const isTop = relative(this.#folder, path) === hierarchy;
    const files =
      hierarchy === 'v2'
        ? this.#version === 2
          ? v2Files
          : leafFiles
        : { ...v1Files[hierarchy], 'cgroup.procs': '' };
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
    if (hierarchy === 'cpuset') await this.#fillCpuset(path, isTop);
  }

  async #fillCpuset(path: string, isTop: boolean): Promise<void> {
    const parent = join(path, '..');
    const copies = !isTop && readFileSync(join(parent, 'cgroup.clone_children'), 'utf8') === '1';
    for (const [file, own] of [
      ['cpuset.cpus', '0-3'],
      ['cpuset.mems', '0'],
    ] as const) {
      const text = isTop ? own : copies ? readFileSync(join(parent, file), 'utf8') : '';
      await writeFile(join(path, file), text);
    }
  }

  async #rmdir(path: string): Promise<void> {
    const entries = readdirSync(path, { withFileTypes: true });
    const isBusy =
      entries.some((entry) => entry.isDirectory()) ||
      readFileSync(join(path, 'cgroup.procs'), 'utf8').trim() !== '';
    if (isBusy) throw Object.assign(new Error('EBUSY: rmdir'), { code: 'EBUSY' });
    for (const { name } of entries) await rm(join(path, name));
    await rmdir(path);
  }
}
