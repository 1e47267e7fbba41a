import { join } from 'node:path';
import type { CgroupLimits, CgroupUsage, LimitOptions } from './cgroups.ts';
import { type Controllers, payloadName } from './controllers.ts';
import { formatCpuList, parseCpuList } from './cpus.ts';
import { noController } from './faults.ts';
import { read, readKeyed, readNumber, write } from './files.ts';
import { GroupFolders } from './group-folders.ts';
import { limitIoV2 } from './io-limits.ts';
import { limitMemoryV2 } from './v2-memory.ts';

const wanted = ['cpu', 'cpuset', 'io', 'memory', 'pids'];
/** What a JVM, systemd and lxcfs read of a group. */
const looked = ['cpu.max', 'memory.high', 'memory.max', 'memory.swap.max', 'pids.max'];

/** Controllers in the one hierarchy of cgroup v2. */
export class V2Controllers implements Controllers {
  readonly version = 2;
  readonly #mount: string;
  readonly #root: string;
  readonly #groups: GroupFolders;

  /** `mount`: where the hierarchy is mounted; `root`: path of our group below it. */
  constructor(mount: string, root: string, groups = new GroupFolders()) {
    this.#mount = mount;
    this.#root = root;
    this.#groups = groups;
  }

  async open(): Promise<void> {
    await handDown(join(this.#folder(), '..'));
    await this.#groups.make(this.#folder());
    await handDown(this.#folder());
  }

  async close(): Promise<void> {
    await this.#groups.remove(this.#folder());
  }

  async make(id: string): Promise<void> {
    await this.#groups.make(this.#folder(id));
    await handDown(this.#folder(id));
  }

  async setLimits(id: string, limits: Partial<CgroupLimits>, how: LimitOptions): Promise<void> {
    const { cpus, nodes, cpuTime, cpuWeight, processes } = limits;
    if ('cpus' in limits) await this.#limitSet(id, 'cpuset.cpus', cpus);
    if ('nodes' in limits) await this.#limitSet(id, 'cpuset.mems', nodes);
    if ('cpuTime' in limits) {
      const time = cpuTime && `${cpuTime.quotaUs} ${cpuTime.periodUs}`;
      await this.#limit(id, 'cpu', 'cpu.max', time, 'max 100000');
    }
    if ('cpuWeight' in limits) await this.#limit(id, 'cpu', 'cpu.weight', cpuWeight, '100');
    if ('memory' in limits) await limitMemoryV2(this.#folder(id), limits.memory, how);
    if ('io' in limits) await limitIoV2(this.#folder(id), limits.io ?? []);
    if ('ioWeight' in limits) await this.#limit(id, 'io', 'io.bfq.weight', limits.ioWeight, '100');
    if ('processes' in limits) await this.#limit(id, 'pids', 'pids.max', processes, 'max');
    await this.#show(id);
  }

  cpusOf(id: string): number[] | undefined {
    const own = parseCpuList(read(this.#folder(id), 'cpuset.cpus') ?? '');
    const all = parseCpuList(read(this.#folder(), 'cpuset.cpus.effective') ?? '');
    return own.length > 0 && own.length < all.length ? own : undefined;
  }

  usage(id: string): Omit<CgroupUsage, 'cpuNanoseconds'> {
    const folder = this.#folder(id);
    return {
      memoryBytes: readNumber(folder, 'memory.current'),
      memoryPeakBytes: readNumber(folder, 'memory.peak'),
      swapBytes: readNumber(folder, 'memory.swap.current'),
      processes: readNumber(folder, 'pids.current'),
      outOfMemoryKills: Number(readKeyed(folder, 'memory.events', 'oom_kill') ?? 0),
    };
  }

  async remove(id: string): Promise<void> {
    await this.#groups.remove(this.#folder(id));
  }

  folders(): Record<string, string> {
    return {};
  }

  // cgroup v2 answers EBUSY when a process joins a group that hands controllers to its children, so limits go on
  // the instance's group and its processes live one level below.
  ociPath(id: string): string {
    return join('/', this.#root, id, payloadName);
  }

  /**
   * Programs inside see nothing above the group that their processes live in, so the limits stand there as well. They
   * limit nothing more there, and the guest may not change them.
   */
  async #show(id: string): Promise<void> {
    const [group, inside] = [this.#folder(id), join(this.#folder(id), payloadName)];
    for (const file of looked) {
      const [limit, told] = [read(group, file), read(inside, file)];
      if (limit !== undefined && told !== undefined && limit !== told) await write(inside, file, limit);
    }
  }

  #folder(id = ''): string {
    return join(this.#mount, this.#root, id);
  }

  /** A set that has members may not become empty while something runs, so no limit is all that the daemon has. */
  async #limitSet(id: string, file: string, members: readonly number[] | undefined): Promise<void> {
    const all = parseCpuList(read(this.#folder(), `${file}.effective`) ?? '');
    await this.#limit(id, 'cpuset', file, members && formatCpuList(members), formatCpuList(all));
  }

  async #limit(
    id: string,
    controller: string,
    file: string,
    value: string | number | undefined,
    none: string,
  ): Promise<void> {
    const folder = this.#folder(id);
    if (read(folder, file) !== undefined) await write(folder, file, value ?? none);
    else if (value !== undefined) throw noController(controller);
  }
}

/** Gives the children of a group what it has of the controllers that we use. */
async function handDown(folder: string): Promise<void> {
  const has = (read(folder, 'cgroup.controllers') ?? '').split(' ');
  const given = (read(folder, 'cgroup.subtree_control') ?? '').split(' ');
  const missing = wanted
    .filter((name) => has.includes(name) && !given.includes(name))
    .map((name) => `+${name}`);
  if (missing.length === 0) return;
  const give = (names: string): Promise<void> => write(folder, 'cgroup.subtree_control', names);
  // All or nothing: when the kernel refuses one (cpu, where realtime processes run), the others are given singly.
  await give(missing.join(' ')).catch(() => Promise.allSettled(missing.map(give)));
}
