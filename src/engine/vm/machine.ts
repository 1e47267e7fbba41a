import type { Accelerator } from './acceleration.ts';
import type { VmSocket } from './vm-folder.ts';

/** A virtual machine as QEMU is to build it. Numbers called descriptors are those that QEMU inherits. */
export interface Machine {
  name: string;
  accelerator: Accelerator;
  processors: number;
  memoryBytes: number;
  disk: MachineFile;
  diskIo: DiskIo;
  /** What the disk stands on. */
  base: MachineFile | undefined;
  boot: MachineBoot | undefined;
  /** In place of SeaBIOS: a descriptor. */
  firmware: number | undefined;
  nics: MachineNic[];
  /** Listening sockets. */
  sockets: Record<VmSocket, number>;
  consoleLog: number;
}

/** How QEMU reads and writes disks: `io_uring` takes fewer calls and no threads, `threads` works everywhere. */
export type DiskIo = 'io_uring' | 'threads';

export interface MachineFile {
  format: 'qcow2' | 'raw';
  descriptor: number;
}

export interface MachineBoot {
  /** Descriptors. */
  kernel: number;
  initrd: number | undefined;
  commandLine: string;
}

export interface MachineNic {
  mac: string;
  /** At least one. */
  queues: NicQueue[];
}

export interface NicQueue {
  descriptor: number;
  /** Of /dev/vhost-net, where the host has it: the kernel then moves the packets. */
  vhostDescriptor: number | undefined;
}

/** Fixed, so that a guest finds the same machine after an upgrade of QEMU. The oldest that we support knows it. */
const machineType = 'pc-q35-7.2';
/** Places for devices that arrive while the guest runs. */
const sparePorts = 4;
/** Translated code that QEMU keeps; its own default is a gibibyte, which nobody accounts for. */
const translationMiB = 256;

export const qemuProgram = 'qemu-system-x86_64';
/** Obsolete calls, more rights, further programs, other priorities: a machine that is set up needs none of them. */
export const sandbox = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/** Under these ids QMP knows them. */
export const agentPortId = 'agent-port';
export const rootNode = 'root';

/** The whole command line of a QEMU that waits for `cont`. Pure. */
export function qemuArguments(machine: Machine): string[] {
  const { name, accelerator, processors, memoryBytes, firmware, consoleLog } = machine;
  const devices = portDevices(machine);
  return [
    ...[qemuProgram, '-nodefaults', '-no-user-config', '-display', 'none', '-S'],
    ...['-name', `guest=${name},debug-threads=on`],
    ...['-sandbox', sandbox],
    ...['-machine', `${machineType},usb=off,vmport=off,hpet=off,dump-guest-core=off,mem-merge=off`],
    ...['-accel', accelerationOf(accelerator), '-cpu', accelerator.cpu],
    ...['-smp', String(processors), '-m', `${Math.ceil(memoryBytes / 2 ** 20)}M`],
    ...['-rtc', 'base=utc', '-boot', 'menu=off,strict=on'],
    ...(firmware === undefined ? [] : ['-bios', inherited(firmware)]),
    ...['-add-fd', `fd=${consoleLog},set=${consoleLog}`],
    ...Object.entries(machine.sockets).flatMap(([id, fd]) => chardev(id, fd, consoleLog)),
    ...['-mon', 'chardev=qmp,mode=control', '-serial', 'chardev:serial'],
    ...['-device', 'pvpanic'],
    ...rootPorts(devices.length + sparePorts),
    ...devices.flatMap((device, port) => device.map((part) => part.replace('@port', `port${port}`))),
    ...bootArguments(machine.boot),
  ];
}

const accelerationOf = ({ accel }: Accelerator): string =>
  accel === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${translationMiB}`;

function chardev(id: string, fd: number, consoleLog: number): string[] {
  // QEMU drops what a guest prints while nobody looks, but for its log.
  const log = id === 'serial' ? `,logfile=/dev/fdset/${consoleLog},logappend=on` : '';
  return ['-chardev', `socket,id=${id},fd=${fd},server=on,wait=off${log}`];
}

/** Every device has a port of its own, as if it could be unplugged. Eight ports share a slot. */
const rootPorts = (count: number): string[] =>
  Array.from({ length: count }, (_, port) => {
    const address = `0x${(2 + Math.floor(port / 8)).toString(16)}.${port % 8}`;
    return `pcie-root-port,id=port${port},chassis=${port + 1},addr=${address},multifunction=on`;
  }).flatMap((port) => ['-device', port]);

/** By port: the order is what a guest sees, and what a saved state needs. `@port` stands for each one's own. */
const portDevices = (machine: Machine): string[][] => [
  diskArguments(machine),
  [
    ...['-device', 'virtio-serial-pci,id=ports,bus=@port'],
    ...['-device', `virtserialport,id=${agentPortId},chardev=agent,name=org.qemu.guest_agent.0`],
    ...['-device', 'virtserialport,id=ssh-port,chardev=ssh,name=org.wadah.ssh.0'],
  ],
  ['-object', 'rng-builtin,id=rng', '-device', 'virtio-rng-pci,rng=rng,bus=@port'],
  ['-device', 'virtio-balloon-pci,id=balloon,deflate-on-oom=on,free-page-reporting=on,bus=@port'],
  ...machine.nics.map((nic, index) => nicArguments(nic, index)),
];

function diskArguments({ disk, base, diskIo }: Machine): string[] {
  const files = base ? [disk, base] : [disk];
  const node = {
    ...blockNode(rootNode, disk, { aio: diskIo, discard: 'unmap' }),
    'detect-zeroes': 'unmap',
    ...(disk.format === 'qcow2' && {
      backing: base ? { ...blockNode('base', base, { aio: diskIo }), 'read-only': true } : null,
    }),
  };
  return [
    ...files.flatMap(({ descriptor }) => ['-add-fd', `fd=${descriptor},set=${descriptor}`]),
    ...['-object', 'iothread,id=disk-thread', '-blockdev', JSON.stringify(node)],
    ...[
      '-device',
      `virtio-blk-pci,id=disk,drive=${rootNode},serial=root,iothread=disk-thread,bootindex=1,bus=@port`,
    ],
  ];
}

const blockNode = (
  name: string,
  { format, descriptor }: MachineFile,
  { aio, ...options }: { aio: DiskIo; discard?: 'unmap' },
) => ({
  driver: format,
  'node-name': name,
  ...options,
  file: {
    driver: 'file',
    'node-name': `${name}-file`,
    filename: `/dev/fdset/${descriptor}`,
    aio,
    ...options,
  },
});

function nicArguments({ mac, queues }: MachineNic, index: number): string[] {
  const list = (numbers: (number | undefined)[]): string => numbers.join(':');
  const fds = list(queues.map(({ descriptor }) => descriptor));
  const vhostFds = queues.map(({ vhostDescriptor }) => vhostDescriptor);
  const vhost = vhostFds.includes(undefined) ? 'vhost=off' : `vhost=on,vhostfds=${list(vhostFds)}`;
  // An interrupt for each direction of each queue, one for changes of the NIC, one for its commands.
  const many = queues.length > 1 ? `,mq=on,vectors=${2 * queues.length + 2}` : '';
  return [
    ...['-netdev', `tap,id=link${index},fds=${fds},${vhost}`],
    ...['-device', `virtio-net-pci,id=nic${index},netdev=link${index},mac=${mac},romfile=${many},bus=@port`],
  ];
}

/** For files that QEMU opens by their path: whoever may read them, wherever they are. */
const inherited = (descriptor: number): string => `/proc/self/fd/${descriptor}`;

function bootArguments(boot: MachineBoot | undefined): string[] {
  if (!boot) return [];
  const { kernel, initrd, commandLine } = boot;
  return [
    ...['-kernel', inherited(kernel)],
    ...(initrd === undefined ? [] : ['-initrd', inherited(initrd)]),
    ...['-append', commandLine],
  ];
}
