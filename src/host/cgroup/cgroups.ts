/** The cgroups of this daemon's instances and operations. Names of the host's controllers end here. */
export interface Cgroups {
  /** Where the limits are: in the one v2 hierarchy, or in v1 hierarchies beside it. */
  readonly version: 1 | 2;
  /** Makes the daemon's own groups, above all others. */
  open(): Promise<void>;
  /** Takes them away. Throws `busy` when something is left in them. */
  close(): Promise<void>;

  /**
   * Makes an instance's groups; `owner` (a host uid and gid) may make groups of its own below `payload`.
   * There already: changes nothing.
   */
  make(id: string, owner: number): Promise<CgroupFolders>;
  folders(id: string): CgroupFolders;
  /**
   * Effective at once; what is not named stays as it is. Throws `insufficient` when more memory is in use than could
   * be taken back, unless that is forced: then processes are killed for it. Throws `unsupported` without the controller.
   */
  setLimits(id: string, limits: Partial<CgroupLimits>, how?: LimitOptions): Promise<void>;
  /** The processors that it may use, from its group; `undefined` when they are not limited. */
  cpusOf(id: string): number[] | undefined;
  /** Resolves when every process of it stands still. */
  freeze(id: string): Promise<void>;
  thaw(id: string): Promise<void>;
  state(id: string): GroupState;
  /** Kills every process of it, frozen ones too, and resolves when none is left. Throws `timed-out`. */
  killAll(id: string): Promise<void>;
  /** Tells the state at every change, from the kernel's own word. Nothing is polled. */
  watch(id: string, listener: (state: GroupState) => void): { stop(): void };
  /** Read from few files, at once; `undefined` when there is no such group. */
  usage(id: string): CgroupUsage | undefined;
  /** Takes its groups and all below them away; nothing there: succeeds. Throws `busy` while something runs in them. */
  remove(id: string): Promise<void>;
  /** Ids of all instances that have groups. */
  ids(): Promise<string[]>;
}

export interface CgroupFolders {
  /** For the OCI field `cgroupsPath`, relative to where each hierarchy is mounted. */
  ociPath: string;
  /** The instance's v2 group: freeze, kill, pressure and events work here on every host. */
  group: string;
  /** v2 leaf of its processes, the root of its own cgroup namespace. */
  payload: string;
  /** v2 leaf of programs that are started inside from outside. */
  exec: string;
  /** v1 folders by hierarchy (`memory`, `cpu,cpuacct`, `name=systemd`); none on v2 hosts. */
  v1: Record<string, string>;
}

export interface LimitOptions {
  isForced: boolean;
}

/** `undefined`: no limit, or what the kernel does by itself. */
export interface CgroupLimits {
  cpus: readonly number[] | undefined;
  /** NUMA nodes. */
  nodes: readonly number[] | undefined;
  cpuTime: CpuTime | undefined;
  /** Beside what others have: from 1 to 10,000; 100 is usual. */
  cpuWeight: number | undefined;
  memory: MemoryLimit | undefined;
  processes: number | undefined;
  /** For each block device; those that are not named have no limit. */
  io: readonly DeviceIo[] | undefined;
  /** Beside what others have: from 1 to 1,000; 100 is usual. */
  ioWeight: number | undefined;
}

/** In one second; `undefined`: as fast as it goes. */
export interface DeviceIo {
  /** A whole disk, `254:0`. */
  device: string;
  readBytes: number | undefined;
  writeBytes: number | undefined;
  readOperations: number | undefined;
  writeOperations: number | undefined;
}

/** At most so many microseconds of all processors together in each period. */
export interface CpuTime {
  quotaUs: number;
  periodUs: number;
}

export interface MemoryLimit {
  /** `undefined`: only swap is limited. */
  bytes: number | undefined;
  /** What is beyond is taken back when the kernel looks for memory, and nobody is killed for it. */
  isSoft: boolean;
  /** Beside the memory; `undefined`: as much as the host has. */
  swapBytes: number | undefined;
}

export interface CgroupUsage {
  cpuNanoseconds: bigint;
  memoryBytes: number;
  /** 0 where the kernel keeps none. */
  memoryPeakBytes: number;
  swapBytes: number;
  processes: number;
  /** How often a process was killed because the memory limit was reached. */
  outOfMemoryKills: number;
}

export interface GroupState {
  isPopulated: boolean;
  isFrozen: boolean;
}
