import type { Fault } from '#model/fault.ts';
import { parseMountinfo } from '../mount/mountinfo.ts';
import { FakePrograms } from '../network/fake-programs.ts';
import { FakeSysctls } from '../network/fake-sysctls.ts';
import type { HostView } from './host-view.ts';

const gib = 2 ** 30;

/** A host on which all is well, for tests that take something away. */
export class FakeHost implements HostView {
  readonly stateFolder = '/var/lib/wadah';
  readonly bridge = 'wadahbr0';
  isRoot = true;
  readonly sysctls = new FakeSysctls({
    'kernel/osrelease': '6.12.3-amd64',
    'user/max_user_namespaces': '9999',
    'net/ipv6/conf/all/disable_ipv6': '0',
    'fs/file-nr': '1000\t0\t9000000',
  });
  readonly programs = new FakePrograms();
  readonly files = new Map<string, string>([
    ['/proc/filesystems', 'nodev\tbpf\nnodev\toverlay\n\text4\n'],
    ['/proc/self/uid_map', '         0          0 4294967295\n'],
    ['/proc/meminfo', 'MemTotal: 8000000 kB\nMemFree: 1 kB\nMemAvailable: 4000000 kB\n'],
    ['/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory hugetlb pids\n'],
    ...['/dev/fuse', '/dev/net/tun', '/dev/vhost-net', '/proc/self/ns/user', '/proc/self/ns/time'].map(
      (path): [string, string] => [path, ''],
    ),
  ]);
  mountinfo = [
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw,prjquota',
    '2 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
  ];
  freeBytes = 100 * gib;
  freeInodes = 9_000_000;
  totalInodes = 10_000_000;
  time = Date.UTC(2026, 10, 23);
  isSynchronised = true;
  kvmVerdict: Awaited<ReturnType<HostView['kvm']>> = { verdict: 'kvm', reason: 'It runs.', ms: 80 };
  idmapError: Error | undefined;
  programsError: Fault | undefined;
  blocks = [{ first: 67_108_864, last: 134_217_727 }];
  find: HostView['findProgram'] = (name) => `/usr/bin/${name}`;

  constructor() {
    this.programs.answers.set('/usr/bin/crun --version', 'crun version 1.21\ncommit: 10\n');
    this.programs.answers.set(
      '/usr/bin/qemu-system-x86_64 --version',
      'QEMU emulator version 10.0.2 (Debian)\n',
    );
    this.programs.answers.set('nft -j list ruleset', '{"nftables": []}');
  }

  // The checks take what they need out of the host, hence arrows.
  read = (path: string): string | undefined => this.files.get(path);
  exists = (path: string): boolean => this.files.has(path);
  mounts = () => parseMountinfo(this.mountinfo.join('\n'));
  space = async () => ({
    freeBytes: this.freeBytes,
    totalBytes: 200 * gib,
    freeInodes: this.freeInodes,
    totalInodes: this.totalInodes,
  });
  findProgram = (name: string): string => this.find(name);
  kvm = async () => this.kvmVerdict;
  now = () => this.time;
  isClockSynchronised = () => this.isSynchronised;
  tryIdmap = async (): Promise<void> => {
    if (this.idmapError) throw this.idmapError;
  };
  trySecurityPrograms = (): void => {
    if (this.programsError) throw this.programsError;
  };
  idBlocks = () => this.blocks;
}
