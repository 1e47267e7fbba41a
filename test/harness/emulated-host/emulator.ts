import type { EmulatedSystem } from './system.ts';

/** Which descriptor of QEMU's is the host's end of the port for orders. */
export const ordersDescriptor = 3;

const memoryMebibytes = 2048;

/** The command line of the QEMU that is an emulated host. It ends with the process that started it. */
export function emulatorArguments(system: EmulatedSystem, work: string): string[] {
  return [
    ...['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64'],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', 'q35', '-smp', '2', '-m', `${memoryMebibytes}M`],
    // Without a warning for each ability of the processor that is not emulated.
    ...['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'EPYC,+svm,+npt,check=off'],
    ...['-kernel', system.kernel, '-initrd', system.initrd, '-append', system.commandLine],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    // What it writes to its system goes with it.
    ...disk('system', `snapshot=on,file=${system.disk}`),
    ...disk('work', `cache=unsafe,file=${work}`),
    ...['-chardev', `socket,id=orders,fd=${ordersDescriptor}`],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=orders,name=orders'],
    ...['-object', 'rng-builtin,id=rng', '-device', 'virtio-rng-pci,rng=rng'],
  ];
}

const disk = (id: string, options: string): string[] => [
  ...['-drive', `if=none,id=${id},format=raw,${options}`, '-device', `virtio-blk-pci,drive=${id}`],
];
