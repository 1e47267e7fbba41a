import type { CgroupLimits, CgroupUsage, LimitOptions } from './cgroups.ts';

/** Where the processes of an instance are, below its v2 group. */
export const payloadName = 'payload';

/** Limits and accounts: what differs between hosts. Life and death of processes is the v2 leaf's on all of them. */
export interface Controllers {
  readonly version: 1 | 2;
  /** Makes the daemon's own groups fit for groups below them. */
  open(): Promise<void>;
  close(): Promise<void>;
  make(id: string): Promise<void>;
  setLimits(id: string, limits: Partial<CgroupLimits>, how: LimitOptions): Promise<void>;
  cpusOf(id: string): number[] | undefined;
  usage(id: string): Omit<CgroupUsage, 'cpuNanoseconds'>;
  remove(id: string): Promise<void>;
  /** v1 folders of an instance by hierarchy. */
  folders(id: string): Record<string, string>;
  /** Path of an instance's processes below each hierarchy. */
  ociPath(id: string): string;
}
