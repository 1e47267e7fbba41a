import { containerCarriers } from './carriers/carriers.ts';
import { guestRights } from './carriers/rights.ts';
import type { OciConfig, OciDevice, OciMount } from './oci.ts';
import { guestSeccomp } from './seccomp.ts';
import type { RunPlan } from '../engine.ts';

/** What `start` has prepared on the host, and what this host offers. */
export interface SpecPlace {
  /** The mounted root file system. */
  rootfs: string;
  /** Folder that the guest sees, read-only, as /run/host. */
  hostFolder: string;
  userNamespace: string | undefined;
  networkNamespace: string;
  timeNamespace: string | undefined;
  host: HostOffer;
}

export interface HostOffer {
  /** `hybrid`: controllers are cgroup v1, beside a v2 hierarchy without any. */
  cgroups: 'v2' | 'hybrid';
  /** Files and folders of lxcfs, by the path that they stand in for. */
  lxcfs: Record<string, string>;
  /** What else of the host this one is to see. */
  staged?: OciMount[];
  /** Devices of this host that guests may use besides null, zero and their like. */
  devices: OciDevice[];
  /** The hard limit of open files that we may hand on. */
  openFilesMax: number;
  /** The daemon's own capabilities, a bit for each. */
  capabilities: bigint;
}

/** Name of the notify socket in the host folder, and where the guest finds that folder. */
export const notifySocketName = 'notify';
const guestHostFolder = '/run/host';

export const guestPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The container as crun is to make it: what all have, and then what each carrier says of it. */
export function buildSpec(plan: RunPlan, place: SpecPlace): OciConfig {
  const config = baseSpec(plan, place);
  for (const carrier of containerCarriers) carrier.specify?.(config, plan, place.host);
  return config;
}

function baseSpec(plan: RunPlan, place: SpecPlace): OciConfig {
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: plan.init.command,
      env: initEnvironment(plan),
      cwd: '/',
      ...guestRights(plan, place.host),
      oomScoreAdj: 0,
    },
    root: { path: place.rootfs },
    hostname: plan.name,
    mounts: [
      ...baseMounts(place),
      ...cgroupMounts(place.host),
      ...lxcfsMounts(place.host),
      ...(place.host.staged ?? []),
    ],
    linux: {
      namespaces: namespaces(place),
      devices: [...place.host.devices],
      maskedPaths: [...maskedPaths],
      readonlyPaths: [...readonlyPaths],
      seccomp: guestSeccomp(plan.settings),
    },
  };
}

function initEnvironment({ init, settings }: RunPlan): string[] {
  return environmentList({
    PATH: guestPath,
    ...settings.environment,
    // The name that init systems, cloud-init and configuration tools know for a container with its own init.
    container: 'lxc',
    ...(init.notifiesReady && { NOTIFY_SOCKET: `${guestHostFolder}/${notifySocketName}` }),
  });
}

export const environmentList = (environment: Readonly<Record<string, string>>): string[] =>
  Object.entries(environment).map(([name, value]) => `${name}=${value}`);

// crun 1.8 forks once more for a time namespace without a user namespace, and the pid namespace dies of it.
function namespaces({ userNamespace, ...place }: SpecPlace): OciConfig['linux']['namespaces'] {
  const joined = { user: userNamespace, network: place.networkNamespace, time: place.timeNamespace };
  return [
    ...Object.entries(joined).flatMap(([type, path]) => (path === undefined ? [] : [{ type, path }])),
    ...['pid', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
  ];
}

const mount = (destination: string, type: string, ...options: string[]): OciMount => ({
  destination,
  type,
  source: type,
  options,
});

const bind = (source: string, destination: string, ...options: string[]): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: ['bind', 'nosuid', 'nodev', ...options],
});

const baseMounts = ({ hostFolder }: SpecPlace): OciMount[] => [
  mount('/proc', 'proc', 'nosuid', 'nodev', 'noexec'),
  mount('/dev', 'tmpfs', 'nosuid', 'mode=755', 'size=1m'),
  mount('/dev/pts', 'devpts', 'nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'),
  mount('/dev/shm', 'tmpfs', 'nosuid', 'nodev', 'mode=1777'),
  mount('/dev/mqueue', 'mqueue', 'nosuid', 'nodev', 'noexec'),
  // Read-only tells udev, by convention, that devices are not its business here.
  mount('/sys', 'sysfs', 'nosuid', 'nodev', 'noexec', 'ro'),
  mount('/run', 'tmpfs', 'nosuid', 'nodev', 'mode=755'),
  bind(hostFolder, guestHostFolder, 'noexec', 'ro'),
];

const cgroupOptions = ['nosuid', 'nodev', 'noexec', 'relatime'];

/**
 * On hybrid hosts the guest sees both: the v1 controllers, where a JVM looks for its limits, and its own v2 leaf,
 * in which systemd keeps its groups.
 */
function cgroupMounts({ cgroups }: HostOffer): OciMount[] {
  const main = mount('/sys/fs/cgroup', 'cgroup', ...cgroupOptions);
  return cgroups === 'v2' ? [main] : [main, mount('/sys/fs/cgroup/unified', 'cgroup2', ...cgroupOptions)];
}

const lxcfsMounts = ({ lxcfs }: HostOffer): OciMount[] =>
  Object.entries(lxcfs).map(([destination, source]) => bind(source, destination));

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sysrq-trigger'];
