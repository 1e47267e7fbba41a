import { isFault } from '#model/fault.ts';
import { type Check, type Result, note, ok, problem } from './check.ts';
import { deviceCheck, fileSystemCheck, kernelRelease } from './features.ts';

/** Overlayfs stands on layers with mapped ids since then. */
const oldestKernel = [5, 19] as const;

const release: Check = {
  name: 'kernel',
  area: 'kernel',
  about: `whether Linux is ${oldestKernel.join('.')} or newer`,
  meaning:
    'Containers do not start: their disks hold the guests’ own ids, and older kernels cannot stack such layers.',
  remedy: 'Install a newer kernel: apt-get install linux-image-amd64',
  isCheap: true,
  run(host) {
    const text = kernelRelease(host);
    const [major = 0, minor = 0] = text.split('.').map(Number.parseFloat);
    const isNew = major > oldestKernel[0] || (major === oldestKernel[0] && minor >= oldestKernel[1]);
    return isNew ? ok(`Linux ${text}`) : problem(`Linux ${text} is older than ${oldestKernel.join('.')}`);
  },
};

const idmappedMounts: Check = {
  name: 'idmapped-mounts',
  area: 'kernel',
  about: 'whether the file system of the state folder can be shown with other ids',
  meaning: 'Containers do not start unless they are privileged: their disks hold the guests’ own ids.',
  remedy: 'Put the state folder (WADAH_DIR) on ext4, XFS or btrfs.',
  needsRoot: true,
  async run(host) {
    try {
      await host.tryIdmap();
      return ok(`${host.stateFolder} can be shown with other ids`);
    } catch (error) {
      return problem(`The kernel refuses to map ids of ${host.stateFolder}: ${(error as Error).message}`);
    }
  },
};

const maximum = 'user/max_user_namespaces';

const userNamespaces: Check = {
  name: 'user-namespaces',
  area: 'kernel',
  about: 'whether user namespaces may be made',
  meaning: 'Containers do not start unless they are privileged: root inside would be root on the host.',
  remedy: `sysctl -w ${maximum.replaceAll('/', '.')}=65536`,
  isCheap: true,
  run({ sysctls, exists }) {
    if (!exists('/proc/self/ns/user')) {
      return problem('This kernel has no user namespaces', {
        remedy: 'Install a kernel with CONFIG_USER_NS.',
      });
    }
    const most = sysctls.read(maximum);
    return most === '0' ? problem(`${maximum.replaceAll('/', '.')} is 0`) : ok(`Up to ${most} may be made`);
  },
};

const restrictions = {
  'kernel/apparmor_restrict_unprivileged_userns': '1',
  'kernel/unprivileged_userns_clone': '0',
};

const nestedNamespaces: Check = {
  name: 'nested-user-namespaces',
  area: 'kernel',
  about: 'whether programs in guests may make user namespaces of their own',
  meaning:
    'Containers themselves start; but browsers, bubblewrap and rootless Docker or Podman inside of them may be refused their sandboxes.',
  remedy: 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, if you trust the users of this host',
  isCheap: true,
  run({ sysctls }) {
    const found = Object.entries(restrictions).find(([key, value]) => sysctls.read(key) === value);
    if (found === undefined) return ok('Nothing restricts them');
    const [name, value] = [found[0].replaceAll('/', '.'), found[1]];
    return note(`${name} is ${value}`, {
      remedy: `sysctl -w ${name}=${1 - Number(value)}, if you trust the users of this host`,
    });
  },
};

const timeNamespaces: Check = {
  name: 'time-namespaces',
  area: 'kernel',
  about: 'whether containers can have a time since boot of their own',
  meaning: 'Containers do not start unless they are privileged: each gets a time namespace.',
  remedy: 'Install a kernel with CONFIG_TIME_NS.',
  isCheap: true,
  run: ({ exists }) =>
    exists('/proc/self/ns/time')
      ? ok('Each container has its own')
      : problem('This kernel has no time namespaces'),
};

const ebpf: Check = {
  name: 'ebpf',
  area: 'kernel',
  about: 'whether programs of ours may watch what instances use, and refuse it',
  meaning: 'What instances use of sockets cannot be told or limited for each of them.',
  remedy: 'Install a kernel with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF.',
  isCheap: true,
  run: ({ read }) =>
    /\tbpf$/m.test(read('/proc/filesystems') ?? '') ? ok('eBPF is there') : note('This kernel has no eBPF'),
};

const securityPrograms: Check = {
  name: 'security-programs',
  area: 'kernel',
  about: 'whether programs of ours may stand in front of the security functions of the kernel',
  meaning:
    'Files, unix sockets and terminals of containers are counted, but cannot be limited: limits.files and the like are refused.',
  remedy: 'Boot a kernel with CONFIG_BPF_LSM with the parameter lsm=…,bpf.',
  needsRoot: true,
  run(host) {
    try {
      host.trySecurityPrograms();
      return ok('They may');
    } catch (error) {
      if (!isFault(error)) throw error;
      const { message, hint, cause } = error;
      const what = cause instanceof Error ? `${message}: ${cause.message}` : message;
      return note(`They may not: ${what}`, hint === undefined ? {} : { remedy: hint });
    }
  },
};

const ioUring: Check = {
  name: 'io-uring',
  area: 'kernel',
  about: 'whether programs may use io_uring',
  meaning: 'The disks of virtual machines are served by threads, which is slower.',
  remedy: 'sysctl -w kernel.io_uring_disabled=0',
  isCheap: true,
  run({ sysctls }): Result {
    const value = sysctls.read('kernel/io_uring_disabled') ?? '0';
    return value === '0' ? ok('Programs may use it') : note(`kernel.io_uring_disabled is ${value}`);
  },
};

export const kernelChecks: readonly Check[] = [
  release,
  fileSystemCheck({
    name: 'overlayfs',
    fileSystem: 'overlay',
    status: 'problem',
    meaning: 'Containers do not start: their disks are layers on the tree of an image.',
  }),
  idmappedMounts,
  userNamespaces,
  nestedNamespaces,
  timeNamespaces,
  deviceCheck({
    name: 'fuse',
    device: '/dev/fuse',
    status: 'problem',
    meaning:
      'The daemon does not start: lxcfs shows containers their own memory and processors through FUSE.',
  }),
  deviceCheck({
    name: 'tun',
    device: '/dev/net/tun',
    status: 'warning',
    meaning: 'Virtual machines do not start with a network card.',
  }),
  deviceCheck({
    name: 'vhost-net',
    device: '/dev/vhost-net',
    status: 'note',
    meaning: 'Packets of virtual machines go through QEMU instead of the kernel, which is slower.',
  }),
  ebpf,
  securityPrograms,
  ioUring,
];
