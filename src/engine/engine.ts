import type { Readable, Writable } from 'node:stream';
import type { Settings } from '#model/config-keys.ts';
import type { Forward, IoRate, NicRates } from '#model/device.ts';
import type { ImageInit } from '#model/image.ts';
import type { IdRange, InstanceId, InstanceType } from '#model/instance.ts';
import type { CountAbilities, RunCounters } from './run-counters.ts';

/**
 * Runs instances of one type on this host. Knows nothing of users, HTTP or the store.
 * All methods may be called again after a crash in their middle: they first look at what is there.
 */
export interface Engine {
  readonly type: InstanceType;
  /** The engine's name and version for `GET /1.0`: `crun 1.8.1`. */
  version(): Promise<string>;
  /** Once, at daemon start: makes what all instances share (mount namespace, cgroup root, lxcfs). */
  open(): Promise<void>;
  /** Lets go of descriptors and watchers. Instances go on running. */
  close(): Promise<void>;
  /** Takes away from the host what `open` made. Nothing of this engine runs any more. */
  remove(): Promise<void>;

  /** Makes everything `start` needs and runs the instance's init. Resolves as soon as init runs. */
  start(plan: RunPlan, signal: AbortSignal): Promise<RunHandle>;
  /** Asks the guest to power off, then kills it after `graceMs` (0: at once). Stopping a stopped one succeeds. */
  stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<Exit>;
  /** Takes over an instance that outlived the daemon, without starting a program. `gone` when it did not. */
  recover(plan: RunPlan, handle: RunHandle): Promise<RunStatus>;
  /** How a run ended that is gone. Absent: nobody but the daemon of that time can tell. */
  exitOfGone?(handle: RunHandle): Exit;
  /** Takes away all that `start` made on the host. Nothing there: succeeds. Never touches the instance's disk. */
  destroy(id: InstanceId): Promise<void>;
  /**
   * Brings a running instance to a plan that differs only in what is live for this type: all of it, or after a refusal
   * nothing. Throws `insufficient` when more is in use than is to be left, unless that is forced.
   */
  update(plan: RunPlan, how: { isForced: boolean }, signal: AbortSignal): Promise<void>;
  /** What happens to running instances, from `open` to `close`. One listener: the service. */
  onEvent(listener: (event: EngineEvent) => void): void;

  pause(id: InstanceId, signal: AbortSignal): Promise<void>;
  resume(id: InstanceId, signal: AbortSignal): Promise<void>;
  /** Runs a program inside. Throws `not-found` (exit 127) or `invalid` (126) when it cannot be started. */
  exec(id: InstanceId, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>;
  /** A terminal on which the guest asks for a login. */
  console(id: InstanceId, size: TerminalSize, signal: AbortSignal): Promise<ExecSession>;
  /** The newest text that init and the console wrote, bounded. */
  consoleLog(id: InstanceId): Promise<string>;
  clearConsoleLog(id: InstanceId): Promise<void>;
  /** Usage read from the kernel alone: no program is started, no agent asked. */
  usage(id: InstanceId): Promise<Usage | undefined>;
  /**
   * What is counted of the run that goes on, or that ended and was not destroyed yet; `undefined` when there is none.
   * `isWhole`: also what only a walk over its processes tells, while it runs.
   */
  counters(id: InstanceId, how: { isWhole: boolean }): Promise<RunCounters | undefined>;
  /** What this host can do about each resource that is counted. */
  countAbilities(): CountAbilities;

  /**
   * Mounts the root of an instance that does not run, with the guest's own ids, where only the daemon sees it.
   * An ability of containers.
   */
  mountRoot?(plan: Pick<RunPlan, 'id' | 'name' | 'root'>): Promise<MountedRoot>;
}

/** Everything an engine needs to know to run an instance. */
export interface RunPlan {
  id: InstanceId;
  /** Also its host name. */
  name: string;
  settings: Settings;
  init: ImageInit;
  root: RootPlan;
  /** How a virtual machine boots; `undefined` for containers, and for disks that boot by their own loader. */
  boot: BootPlan | undefined;
  /**
   * Host ids of its own: of a container's user namespace (`undefined`: privileged); the first is the user as whom
   * a virtual machine's QEMU runs.
   */
  idRange: IdRange | undefined;
  nics: NicPlan[];
  /** What of the host is seen inside a container besides its root. */
  mounts?: MountPlan[] | undefined;
  /** How fast the disks may be used that folders of the host lie on; of several for one disk the lowest. */
  folderIo?: FolderIo[] | undefined;
  /** What is forwarded between it and the host. */
  forwards?: Forward[] | undefined;
}

export interface MountPlan {
  /** Absolute path inside. */
  path: string;
  source: FolderSource | MemorySource | NodeSource;
}

/** A folder or file of the host. */
export interface FolderSource {
  kind: 'folder';
  path: string;
  isReadOnly: boolean;
  /** With the same owners inside as on the host. */
  isShifted: boolean;
  isRecursive: boolean;
}

/** A file system in memory. */
export interface MemorySource {
  kind: 'memory';
  sizeBytes: number | undefined;
  inodes?: number | undefined;
  isReadOnly: boolean;
}

/** A device of the host; owners as seen inside. */
export interface NodeSource {
  kind: 'node';
  type: 'char' | 'block';
  major: number;
  minor: number;
  mode: number;
  uid: number;
  gid: number;
}

/** Where an instance's root file system is: containers have layers, virtual machines a disk. */
export type RootPlan = OverlayRoot | DiskRoot;

/** A root file system made of layers in the pool. On disk they hold the guest's own ids (0 is 0). */
export interface OverlayRoot {
  kind: 'overlay';
  /** Read-only layers, the topmost first. */
  lower: string[];
  upper: string;
  work: string;
  io?: IoLimits | undefined;
}

/** How fast a disk may be used; `undefined`: as fast as it goes. */
export interface IoLimits {
  read: IoRate | undefined;
  write: IoRate | undefined;
}

export interface FolderIo {
  /** Of the host. */
  path: string;
  io: IoLimits;
}

/** A block device in a file of the pool. */
export interface DiskRoot {
  kind: 'disk';
  path: string;
  format: 'qcow2';
  /** What it stands on. Named here, since the file's own word on that is the guest's QEMU's to write. */
  base: { path: string; format: 'qcow2' | 'raw' } | undefined;
  /** As large as the guest shall see it; `undefined`: as it is. */
  sizeBytes: number | undefined;
  io?: IoLimits | undefined;
}

/** A kernel that is started directly, without firmware menus and boot loaders. */
export interface BootPlan {
  /** Paths on the host. */
  kernel: string;
  initrd: string | undefined;
  commandLine: string;
}

export interface MountedRoot {
  path: string;
  unmount(): Promise<void>;
}

export interface NicPlan {
  /** Name inside: `eth0`. */
  name: string;
  /** Name of the host's end, at most 15 characters. */
  hostName: string;
  bridge: string;
  /** `00:16:3e:xx:xx:xx`. */
  mac: string;
  mtu: number | undefined;
  /** In CIDR form, `10.77.0.2/20`, and the gateway without a prefix. */
  ipv4: { address: string; gateway: string } | undefined;
  ipv6: { address: string; gateway: string } | undefined;
  rates?: NicRates | undefined;
}

/** Enough to find a running instance again. Kept in the node store. */
export interface RunHandle {
  /** /proc/sys/kernel/random/boot_id of the boot in which it was started. */
  bootId: string;
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  startTime: string;
}

export type RunStatus = { state: 'running' | 'paused' } | { state: 'gone' };

/** How an instance ended: it powered off, asked for a reboot, died, or was killed by us. */
export type Exit = { reason: 'power-off' | 'reboot' | 'crashed' | 'killed' | 'unknown'; detail: string };

export type EngineEvent =
  | { kind: 'ready'; id: InstanceId }
  /** `pid` tells which run of it ended: a stop that was asked for reports its exit only through `stop`. */
  | { kind: 'exited'; id: InstanceId; pid: number; exit: Exit }
  | { kind: 'out-of-memory'; id: InstanceId; kills: number };

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface ExecRequest {
  command: string[];
  environment: Record<string, string>;
  user: number;
  group: number;
  /** Absolute path inside; default: the user's home or /. */
  cwd: string | undefined;
  /** Present: one terminal instead of three streams. */
  terminal: TerminalSize | undefined;
}

export interface ExecSession {
  stdin: Writable;
  /** Everything that a terminal shows, or standard output. */
  stdout: Readable;
  /** Absent with a terminal. */
  stderr: Readable | undefined;
  resize(size: TerminalSize): void;
  signal(signal: number): void;
  /** Exit status: 128 + n when signal n ended it. Resolves after the streams have ended. */
  exited: Promise<number>;
}

export interface Usage {
  cpuNanoseconds: bigint;
  memoryBytes: number;
  memoryPeakBytes: number;
  swapBytes: number;
  /** `undefined` for a virtual machine: its kernel alone knows them. */
  processes: number | undefined;
  /** pid 1 of the instance, seen from the host. */
  pid: number;
  network: Record<string, NicUsage>;
  /** What runs a virtual machine's code; absent for containers. */
  acceleration?: 'kvm' | 'tcg';
}

export interface NicUsage {
  hostName: string;
  mac: string;
  mtu: number;
  isUp: boolean;
  /** As the guest counts them. */
  receivedBytes: number;
  receivedPackets: number;
  sentBytes: number;
  sentPackets: number;
  receivedErrors: number;
  sentErrors: number;
  /** Packets that got lost in the host on their way in and out, for whatever holds it to a rate as well. */
  receivedDropped: number;
  sentDropped: number;
}
