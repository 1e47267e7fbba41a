import type { InstanceType } from '../instance.ts';
import type { ValueKind } from './kinds.ts';

/** One config key: everything that validation, help, completion, the reference and the tests need to know of it. */
export interface ConfigKey<T = unknown> {
  kind: ValueKind<T>;
  /** The value of a key that nobody set; `undefined`: no value, no limit. */
  default: T | undefined;
  /** Which instance types it serves. */
  types: readonly InstanceType[];
  /** On which types a change takes effect on a running instance. On the others it is kept until the next start. */
  live: readonly InstanceType[];
  /** On which types some changes do, and others wait. */
  liveWhen: Partial<Record<InstanceType, LiveRule<T>>>;
  /** Who carries it out: the engine, by a carrier of its own for each key, or the daemon, where it decides. */
  carriedBy: 'engine' | 'daemon';
  /** One line for help, completion and the reference. */
  help: string;
}

export interface LiveRule<T> {
  /** Completes "live where …". */
  says: string;
  holds(before: T | undefined, after: T | undefined): boolean;
}

const both = ['container', 'virtual-machine'] as const;

type Declaration<T> = Pick<ConfigKey<T>, 'kind' | 'help'> & Partial<ConfigKey<T>>;

/** A key with what its declaration leaves out: serves both types, live on none, carried out by the engine. */
export function key<T>(declaration: Declaration<T>): ConfigKey<T> {
  return {
    types: both,
    live: [],
    liveWhen: {},
    default: undefined,
    carriedBy: 'engine',
    ...declaration,
  };
}

/** A key that the daemon reads whenever it decides: a change counts from the next decision on. */
export function daemonKey<T>(declaration: Declaration<T>): ConfigKey<T> {
  return key({ live: both, carriedBy: 'daemon', ...declaration });
}

export const onBoth = both;
