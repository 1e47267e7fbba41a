import { type ConfigKey, key } from './key.ts';
import type { ValueKind } from './kinds.ts';

/** A limit of each process; `undefined`: none. */
export interface ProcessLimit {
  soft: number | undefined;
  hard: number | undefined;
}

const part = /^(\d{1,18}|unlimited)$/;
const numberOf = (text: string): number | undefined => (text === 'unlimited' ? undefined : Number(text));

const processLimit: ValueKind<ProcessLimit> = {
  parse(text) {
    const [soft = '', hard = soft, ...rest] = text.split(':');
    if (rest.length > 0 || !part.test(soft) || !part.test(hard)) return undefined;
    const limit = { soft: numberOf(soft), hard: numberOf(hard) };
    return (limit.soft ?? Infinity) <= (limit.hard ?? Infinity) ? limit : undefined;
  },
  expects: 'a number, unlimited, or a soft and a hard limit such as 1024:4096',
  examples: ['1024', '1024:4096', 'unlimited'],
};

const meanings = {
  as: 'Address space of each process, in bytes',
  core: 'Size of the memory image that a crashed process leaves, in bytes',
  cpu: 'Processor time of each process, in seconds',
  data: 'Data segment of each process, in bytes',
  fsize: 'Size of files that a process writes, in bytes',
  locks: 'Locks of files that each process holds',
  memlock: 'Memory that each process locks, in bytes',
  nice: 'How far each process may raise its priority: 20 less than the nice level',
  nofile: 'Open files of each process',
  nproc: 'Processes of each user inside',
  rtprio: 'Real-time priority that each process may take',
  sigpending: 'Signals that wait for each user inside',
} as const;

export type ProcessResource = keyof typeof meanings;
type KernelKeys = { [R in ProcessResource as `limits.kernel.${R}`]: ConfigKey<ProcessLimit> };

export const processResources = Object.keys(meanings) as ProcessResource[];

/**
 * What the kernel limits of each process. Processes inherit them from init, and a process that has a lower one cannot
 * always get it back, so they wait for the next start.
 */
export const kernelKeys = Object.fromEntries(
  Object.entries(meanings).map(([resource, help]) => [
    `limits.kernel.${resource}`,
    key({ kind: processLimit, types: ['container'], help }),
  ]),
) as KernelKeys;
