/** What is counted of an instance, in the order in which it is shown. */
export const countedResources = {
  memory: { unit: 'bytes', help: 'Memory' },
  swap: { unit: 'bytes', help: 'Swap' },
  processes: { unit: 'items', help: 'Processes and threads' },
  disk: { unit: 'bytes', help: 'What its root disk holds of its own' },
  inodes: { unit: 'items', help: 'Files, folders and links on its root disk' },
  tcp_sockets: { unit: 'items', help: 'TCP sockets, connections that others made to it too' },
  other_sockets: { unit: 'items', help: 'Sockets of the other internet protocols' },
  unix_sockets: { unit: 'items', help: 'Unix sockets' },
  files: { unit: 'items', help: 'Open files, pipes and sockets of its processes' },
  file_locks: { unit: 'items', help: 'Locks of files' },
  terminals: { unit: 'items', help: 'Pseudo terminals' },
  pending_signals: { unit: 'items', help: 'Signals that wait in a queue' },
  shared_memory: { unit: 'bytes', help: 'Segments of System V shared memory' },
  locked_memory: { unit: 'bytes', help: 'Memory that is never swapped out' },
  inotify_instances: { unit: 'items', help: 'Instances of inotify' },
  keys: { unit: 'items', help: 'Keys in the keyrings of the kernel' },
  mounts: { unit: 'items', help: 'Mounts that its init sees' },
} as const satisfies Record<string, { unit: 'items' | 'bytes'; help: string }>;

export type CountedResource = keyof typeof countedResources;

/** One resource of one instance. What this host does not know is absent: nothing is invented. */
export interface Counter {
  /** In use now. */
  held?: number;
  /** The most that was ever in use, over restarts; where the kernel keeps no peak, the most that was seen. */
  peak?: number;
  /** Where the kernel begins to press; absent where it does not before the limit. */
  barrier?: number;
  limit?: number;
  /** How often something was refused because the limit was reached, over restarts. */
  refusals?: number;
}

export type Counters = Partial<Record<CountedResource, Counter>>;

/**
 * What this host can do about a resource: keep it below a limit, tell how much is held, or neither. `reason` completes
 * the sentence "It is …, because …" for people.
 */
export interface CounterAbility {
  ability: 'limited' | 'counted' | 'none';
  reason: string;
}
