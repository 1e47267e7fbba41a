import { formatBytes } from '#base/units.ts';
import {
  type WantedLimit,
  isTooLow,
  raiseSysctl,
  sysctlName,
  wantedLimits,
} from '../claims/raise-sysctls.ts';
import { type Check, type Result, ok, warning } from './check.ts';
import type { HostView } from './host-view.ts';

function limitCheck(limit: WantedLimit): Check {
  const { key, value, meaning } = limit;
  const name = sysctlName(key);
  return {
    name,
    area: 'limits',
    about: `whether ${name} is at least ${value}; the daemon raises it when it starts`,
    meaning,
    remedy: `sysctl -w ${name}=${value}`,
    isCheap: true,
    run({ sysctls }) {
      const current = sysctls.read(key);
      if (current === undefined) return ok('This kernel, or this network namespace, has no such limit');
      if (!isTooLow(sysctls, limit)) return ok(`It is ${current}`);
      return warning(`It is ${current}; with many instances it should be ${value}`, {
        fix: (host) => raiseSysctl(host.sysctls, limit),
      });
    },
  };
}

/** How much of a limit is in use: the doctor speaks up when it is nearly reached. */
interface HeadRoom {
  name: string;
  about: string;
  meaning: string;
  remedy: string;
  /** `undefined` where this kernel does not count it. */
  usage(host: HostView): { used: number; limit: number } | undefined;
}

const nearlyAll = 0.8;

function headRoomCheck({ usage, ...check }: HeadRoom): Check {
  return {
    ...check,
    area: 'limits',
    isCheap: true,
    run(host): Result {
      const found = usage(host);
      if (found === undefined) return ok('This kernel does not count them');
      const text = `${found.used} of ${found.limit} in use`;
      return found.used > nearlyAll * found.limit ? warning(`${text}: soon there are no more`) : ok(text);
    },
  };
}

/** The number that is at `index` among those of a text. */
const numberAt = (text: string | undefined, index: number): number | undefined => {
  const found = text?.trim().split(/\s+/)[index];
  return found === undefined ? undefined : Number(found);
};

const pair = (used: number | undefined, limit: number | undefined) =>
  used === undefined || limit === undefined ? undefined : { used, limit };

const headRooms: readonly HeadRoom[] = [
  {
    name: 'open-files',
    about: 'how many files all processes of the host have open, of fs.file-max',
    meaning: 'Programs on the host and in all instances fail to open files, sockets and pipes.',
    remedy: 'sysctl -w fs.file-max=9223372036854775807',
    usage({ sysctls }) {
      const text = sysctls.read('fs/file-nr');
      return pair(numberAt(text, 0), numberAt(text, 2));
    },
  },
  {
    name: 'terminals',
    about: 'how many pseudo-terminals are open, of kernel.pty.max',
    meaning: 'Nobody can log in, and `wadah exec` and `wadah shell` get no terminal.',
    remedy: 'Raise kernel.pty.max (--fix does), or end sessions.',
    usage: ({ sysctls }) =>
      pair(numberAt(sysctls.read('kernel/pty/nr'), 0), numberAt(sysctls.read('kernel/pty/max'), 0)),
  },
  {
    name: 'root-keys',
    about: 'how many keys root has, of kernel.keys.root_maxkeys',
    meaning: 'Starts of instances and execs in them fail with "disk quota exceeded".',
    remedy: 'sysctl -w kernel.keys.root_maxkeys=1000000',
    usage({ read, sysctls }) {
      // `0: usage instantiated/all keys/quota bytes/quota`
      const [keys] = /^\s*0:\s+\S+\s+\S+\s+(\d+)\//m.exec(read('/proc/key-users') ?? '')?.slice(1) ?? [];
      return pair(numberAt(keys, 0), numberAt(sysctls.read('kernel/keys/root_maxkeys'), 0));
    },
  },
  {
    name: 'connections',
    about: 'how many connections the kernel tracks, of net.netfilter.nf_conntrack_max',
    meaning: 'New connections of instances and of the host are dropped ("nf_conntrack: table full").',
    remedy: 'sysctl -w net.netfilter.nf_conntrack_max=1048576',
    usage: ({ sysctls }) =>
      pair(
        numberAt(sysctls.read('net/netfilter/nf_conntrack_count'), 0),
        numberAt(sysctls.read('net/netfilter/nf_conntrack_max'), 0),
      ),
  },
];

/** A busybox container takes a megabyte, a small Debian of either kind 64 to 512. */
const leastMemoryBytes = 256 * 2 ** 20;

const memory: Check = {
  name: 'memory',
  area: 'limits',
  about: 'how much memory is left',
  meaning: 'Instances are refused memory, or the kernel kills some of their programs, or the host’s.',
  remedy:
    'Stop instances, or lower limits.memory of some; `wadah list -c name,memory` shows who uses how much.',
  isCheap: true,
  run({ read }) {
    const text = read('/proc/meminfo') ?? '';
    const bytesOf = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
    const available = bytesOf('MemAvailable');
    const what = `${formatBytes(available)} of ${formatBytes(bytesOf('MemTotal'))} is available`;
    return available < leastMemoryBytes ? warning(what) : ok(what);
  },
};

export const limitChecks: readonly Check[] = [
  ...wantedLimits.map(limitCheck),
  ...headRooms.map(headRoomCheck),
  memory,
];
