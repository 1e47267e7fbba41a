import { join } from 'node:path';
import type { CgroupLimits, CgroupUsage, LimitOptions } from './cgroups.ts';
import type { Controllers } from './controllers.ts';
import { formatCpuList, parseCpuList } from './cpus.ts';
import { noController } from './faults.ts';
import { read, readKeyed, readNumber, write } from './files.ts';
import { GroupFolders } from './group-folders.ts';
import { limitIoV1 } from './io-limits.ts';
import { limitMemoryV1 } from './v1-memory.ts';

/** cpu.shares of a group that nobody gave any. */
const usualShares = 1024;
const leastShares = 2;
const usualIoWeight = '100';

/** Controllers in hierarchies of cgroup v1, as old hosts and hybrid ones have them. */
export class V1Controllers implements Controllers {
  readonly version = 1;
  readonly #hierarchies: Record<string, string>;
  readonly #root: string;
  readonly #groups: GroupFolders;

  /** `hierarchies`: where each is mounted, by its controllers (`cpu,cpuacct`); `root`: our group's name in all. */
  constructor(hierarchies: Record<string, string>, root: string, groups = new GroupFolders()) {
    this.#hierarchies = hierarchies;
    this.#root = root;
    this.#groups = groups;
  }

  async open(): Promise<void> {
    await Promise.all(this.#roots().map((folder) => this.#groups.make(folder)));
    const memory = this.#find('memory');
    // Only kernels before 5.11 let it be off.
    if (memory && read(memory, 'memory.use_hierarchy') === '0')
      await write(memory, 'memory.use_hierarchy', 1);
    const cpuset = this.#find('cpuset');
    if (!cpuset) return;
    // A new cpuset is empty, and nothing can join it, unless it is told to copy its parent's.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (read(cpuset, file) === '') await write(cpuset, file, read(join(cpuset, '..'), file) ?? '');
    }
    await write(cpuset, 'cgroup.clone_children', 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.#roots().map((folder) => this.#groups.remove(folder)));
  }

  async make(id: string): Promise<void> {
    await Promise.all(Object.values(this.folders(id)).map((folder) => this.#groups.make(folder)));
  }

  async setLimits(id: string, limits: Partial<CgroupLimits>, how: LimitOptions): Promise<void> {
    const { cpus, nodes, cpuTime, cpuWeight, processes } = limits;
    if ('cpus' in limits) await this.#limitSet(id, 'cpuset.cpus', cpus);
    if ('nodes' in limits) await this.#limitSet(id, 'cpuset.mems', nodes);
    if ('cpuTime' in limits) {
      if (cpuTime) await this.#limit(id, 'cpu', 'cpu.cfs_period_us', cpuTime.periodUs, '100000');
      await this.#limit(id, 'cpu', 'cpu.cfs_quota_us', cpuTime?.quotaUs, '-1');
    }
    if ('cpuWeight' in limits) {
      const shares = cpuWeight && Math.max(leastShares, Math.round((cpuWeight * usualShares) / 100));
      await this.#limit(id, 'cpu', 'cpu.shares', shares, String(usualShares));
    }
    if ('memory' in limits) await limitMemoryV1(this.#find('memory', id), limits.memory, how);
    if ('io' in limits) await limitIoV1(this.#find('blkio', id), limits.io ?? []);
    if ('ioWeight' in limits) {
      await this.#limit(id, 'blkio', 'blkio.bfq.weight', limits.ioWeight, usualIoWeight);
    }
    if ('processes' in limits) await this.#limit(id, 'pids', 'pids.max', processes, 'max');
  }

  cpusOf(id: string): number[] | undefined {
    const own = parseCpuList(read(this.#find('cpuset', id) ?? '', 'cpuset.cpus') ?? '');
    const all = parseCpuList(read(this.#find('cpuset') ?? '', 'cpuset.cpus') ?? '');
    return own.length < all.length ? own : undefined;
  }

  usage(id: string): Omit<CgroupUsage, 'cpuNanoseconds'> {
    const memory = this.#find('memory', id) ?? '';
    const memoryBytes = readNumber(memory, 'memory.usage_in_bytes');
    return {
      memoryBytes,
      memoryPeakBytes: readNumber(memory, 'memory.max_usage_in_bytes'),
      swapBytes: Math.max(0, readNumber(memory, 'memory.memsw.usage_in_bytes') - memoryBytes),
      processes: readNumber(this.#find('pids', id) ?? '', 'pids.current'),
      outOfMemoryKills: Number(readKeyed(memory, 'memory.oom_control', 'oom_kill') ?? 0),
    };
  }

  async remove(id: string): Promise<void> {
    await Promise.all(Object.values(this.folders(id)).map((folder) => this.#groups.remove(folder)));
  }

  folders(id: string): Record<string, string> {
    const entries = Object.entries(this.#hierarchies);
    return Object.fromEntries(entries.map(([name, path]) => [name, join(path, this.#root, id)]));
  }

  ociPath(id: string): string {
    return `/${this.#root}/${id}`;
  }

  #roots(): string[] {
    return Object.values(this.#hierarchies).map((path) => join(path, this.#root));
  }

  /** Folder of an instance's group, or of our own, in the hierarchy that has the controller. */
  #find(controller: string, id = ''): string | undefined {
    const hierarchy = Object.entries(this.#hierarchies).find(([names]) =>
      names.split(',').includes(controller),
    );
    return hierarchy && join(hierarchy[1], this.#root, id);
  }

  /** The whole set of the daemon's own group is what is left when nothing is asked for. */
  async #limitSet(id: string, file: string, members: readonly number[] | undefined): Promise<void> {
    const all = parseCpuList(read(this.#find('cpuset') ?? '', file) ?? '');
    await this.#limit(id, 'cpuset', file, members && formatCpuList(members), formatCpuList(all));
  }

  async #limit(
    id: string,
    controller: string,
    file: string,
    value: string | number | undefined,
    none: string,
  ): Promise<void> {
    const folder = this.#find(controller, id);
    if (folder) await write(folder, file, value ?? none);
    else if (value !== undefined) throw noController(controller);
  }
}
