import type { Sysctls } from '../network/sysctls.ts';

/** A setting of the whole host that many instances run into. */
export interface WantedLimit {
  /** Path below /proc/sys. */
  key: string;
  /** What it is raised to. */
  value: number;
  /** What happens where it stays low. */
  meaning: string;
}

export const wantedLimits: readonly WantedLimit[] = [
  {
    key: 'fs/inotify/max_user_instances',
    value: 65_536,
    // A user namespace's instances are charged to its maker.
    meaning: 'At the usual 128, systemd in about the 22nd container never gets ready.',
  },
  {
    key: 'fs/inotify/max_user_watches',
    value: 1_048_576,
    meaning: 'Programs in instances that watch files say that there is no space left on the device.',
  },
  {
    key: 'kernel/keys/maxkeys',
    value: 20_000,
    meaning:
      'Each exec and login takes a session keyring; when there are no more, starts fail with "disk quota exceeded".',
  },
  {
    key: 'kernel/keys/maxbytes',
    value: 2_000_000,
    meaning: 'The keyrings of execs and logins run out of room; starts fail with "disk quota exceeded".',
  },
  {
    key: 'kernel/pid_max',
    value: 4_194_304,
    meaning: 'All instances together cannot have more processes and threads.',
  },
  {
    key: 'kernel/pty/max',
    value: 16_384,
    meaning: 'All instances together cannot have more terminals open.',
  },
  {
    key: 'net/ipv4/neigh/default/gc_thresh3',
    value: 8_192,
    meaning:
      'Bridges with many instances lose connections: the kernel forgets neighbours ("neighbour table overflow").',
  },
  {
    key: 'net/ipv6/neigh/default/gc_thresh3',
    value: 8_192,
    meaning: 'Bridges with many instances lose IPv6 connections: the kernel forgets neighbours.',
  },
];

/** As people and sysctl(8) write it: `fs.inotify.max_user_instances`. */
export const sysctlName = (key: string): string => key.replaceAll('/', '.');

/** Whether it is lower than wanted. A kernel without the setting has no such limit. */
export function isTooLow(sysctls: Sysctls, { key, value }: WantedLimit): boolean {
  const current = sysctls.read(key);
  return current !== undefined && Number(current) < value;
}

/** `fs.inotify.max_user_instances: 128 → 65536`. */
const changeOf = (sysctls: Sysctls, { key, value }: WantedLimit): string =>
  `${sysctlName(key)}: ${sysctls.read(key)} → ${value}`;

/** Raises one that is too low, and tells the change. Throws what the kernel says. */
export function raiseSysctl(sysctls: Sysctls, limit: WantedLimit): string {
  const change = changeOf(sysctls, limit);
  sysctls.write(limit.key, String(limit.value));
  return change;
}

export interface RaisedSysctls {
  /** What was changed, for people: `fs.inotify.max_user_instances: 128 → 65536`. */
  raised: string[];
  /** What the kernel would not let us change. */
  refused: string[];
}

/** Raises the host's limits on what instances use together. Never lowers one; running it again changes nothing. */
export function raiseSysctls(sysctls: Sysctls): RaisedSysctls {
  const result: RaisedSysctls = { raised: [], refused: [] };
  for (const limit of wantedLimits.filter((each) => isTooLow(sysctls, each))) {
    try {
      result.raised.push(raiseSysctl(sysctls, limit));
    } catch {
      result.refused.push(changeOf(sysctls, limit)); // /proc/sys is read-only where Wadah itself runs in a container
    }
  }
  return result;
}
