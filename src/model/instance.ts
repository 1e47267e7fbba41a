import type { Devices } from './device.ts';
import { Fault } from './fault.ts';

export const instanceTypes = ['container', 'virtual-machine'] as const;
export type InstanceType = (typeof instanceTypes)[number];

/** Eight lower-case hexadecimal digits, never changed; every host object of the instance is named by it. */
export type InstanceId = string & { readonly __brand?: 'InstanceId' };

export const instanceStates = [
  'stopped',
  'starting',
  'running',
  'pausing',
  'paused',
  'stopping',
  'failed',
] as const;
export type InstanceState = (typeof instanceStates)[number];

/** Config keys with their values as the user wrote them. `readSettings` turns them into typed values. */
export type Config = Record<string, string>;

/** Host ids of a container's user namespace: the first one and how many. */
export interface IdRange {
  base: number;
  size: number;
}

/** An instance as its owner wants it. This is what the shared store keeps. */
export interface Instance {
  id: InstanceId;
  project: string;
  name: string;
  type: InstanceType;
  architecture: string;
  description: string;
  config: Config;
  devices: Devices;
  /** Names, applied in this order; the instance's own config and devices come last. */
  profiles: string[];
  /** Deleted as soon as it stops. */
  ephemeral: boolean;
  /** Fingerprint of the image that its root disk stands on; empty for an empty root disk. */
  image: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  lastUsedAt: string | undefined;
  /** What it should be doing when the daemon or the host comes back. */
  wants: 'running' | 'stopped';
}

/** From which states an action may begin. The API, both command lines and the web page read this table. */
export const beginsFrom = {
  start: ['stopped', 'failed'],
  stop: ['running', 'paused'],
  restart: ['running', 'paused'],
  pause: ['running'],
  resume: ['paused'],
  exec: ['running'],
  console: ['running'],
  delete: ['stopped', 'failed'],
  rename: ['stopped', 'failed', 'running', 'paused'],
} as const satisfies Record<string, readonly InstanceState[]>;

export type InstanceAction = keyof typeof beginsFrom;

/** Throws `wrong-state` unless `action` may begin now. */
export function requireState(instance: { name: string; state: InstanceState }, action: InstanceAction): void {
  const allowed: readonly InstanceState[] = beginsFrom[action];
  if (allowed.includes(instance.state)) return;
  throw new Fault('wrong-state', `Cannot ${action} "${instance.name}": it is ${instance.state}`, {
    hint: `${action} works when an instance is ${allowed.join(' or ')}.`,
  });
}

const nameRule = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** Instance names are host names (RFC 1123, one label) that begin with a letter. Throws `invalid`. */
export function requireInstanceName(name: string): void {
  if (nameRule.test(name)) return;
  throw new Fault('invalid', `"${name}" cannot be the name of an instance`, {
    hint: 'Use 1 to 63 letters, digits and dashes; begin with a letter and do not end with a dash.',
  });
}
