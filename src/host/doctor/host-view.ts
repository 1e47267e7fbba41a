import type { KvmVerdict } from '#model/kvm.ts';
import type { MountEntry } from '../mount/mountinfo.ts';
import type { Sysctls } from '../network/sysctls.ts';
import type { Programs } from '../process/programs.ts';

/** What the checks can ask of a host. */
export interface HostView {
  /** Where the daemon keeps its state, or the nearest folder above that is there. */
  readonly stateFolder: string;
  /** The daemon's bridge, whether it is there or not. */
  readonly bridge: string;
  readonly isRoot: boolean;
  readonly sysctls: Sysctls;
  readonly programs: Programs;
  /** Text of a file; `undefined` where it is not there or cannot be read. */
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** What is mounted for the host's first process: a daemon's own namespace has other cgroups. */
  mounts(): MountEntry[];
  space(): Promise<Space>;
  /** Absolute path. Throws `unsupported` that names the package to install. */
  findProgram(name: string): string;
  kvm(): Promise<KvmVerdict>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whether the kernel's clock follows another one. */
  isClockSynchronised(): boolean;
  /** Shows the state folder's file system through a map of ids, nowhere. Throws `host` where the kernel refuses. */
  tryIdmap(): Promise<void>;
  /** Loads our programs in front of security functions. Throws `unsupported` with what to do where that is refused. */
  trySecurityPrograms(): void;
  /** Host ids that this daemon's containers have or would have next. */
  idBlocks(): IdSpan[];
}

/** Of the state folder's file system. */
export interface Space {
  freeBytes: number;
  totalBytes: number;
  freeInodes: number;
  /** 0 where the file system makes them as it needs them. */
  totalInodes: number;
}

/** From `first` to `last`. */
export interface IdSpan {
  first: number;
  last: number;
}
