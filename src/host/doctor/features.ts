import type { CheckStatus } from '#model/doctor.ts';
import { type Check, type Result, ok } from './check.ts';
import type { HostView } from './host-view.ts';

/** `6.12.3-cloud-amd64`. */
export const kernelRelease = ({ sysctls }: HostView): string => sysctls.read('kernel/osrelease') ?? '';

/** Whether the kernel has that module on disk, or built in. */
function hasModule(host: HostView, module: string): boolean {
  const folder = `/lib/modules/${kernelRelease(host)}`;
  return ['modules.dep', 'modules.builtin'].some((file) =>
    host.read(`${folder}/${file}`)?.replaceAll('-', '_').includes(`/${module}.ko`),
  );
}

interface Lack {
  status: CheckStatus;
  what: string;
  module: string;
}

/** A module that can be loaded is loaded by `fix`; one that the kernel does not have needs another kernel. */
function lacking(host: HostView, { status, what, module }: Lack): Result {
  const command = ['modprobe', module];
  if (!hasModule(host, module)) {
    return { status, what, remedy: `Install a kernel with the module ${module}, or built with it.` };
  }
  const fix = async ({ programs }: HostView): Promise<string> => {
    await programs.run(command, { purpose: `load the module ${module}` });
    return `Loaded the module ${module}`;
  };
  return { status, what, remedy: command.join(' '), fix };
}

interface FileSystemFeature {
  name: string;
  /** As in /proc/filesystems; its module has the same name. */
  fileSystem: string;
  status: CheckStatus;
  meaning: string;
}

/** A file system that the kernel must know, or be able to load. */
export function fileSystemCheck({ name, fileSystem, status, meaning }: FileSystemFeature): Check {
  return {
    name,
    area: 'kernel',
    about: `whether the kernel has the file system ${fileSystem}`,
    meaning,
    remedy: `modprobe ${fileSystem}`,
    isCheap: true,
    run(host) {
      const known = (host.read('/proc/filesystems') ?? '').split(/\s+/);
      if (known.includes(fileSystem)) return ok(`The kernel has ${fileSystem}`);
      if (hasModule(host, fileSystem)) return ok(`The kernel loads ${fileSystem} when it is needed`);
      return lacking(host, {
        status,
        what: `The kernel has no file system ${fileSystem}`,
        module: fileSystem,
      });
    },
  };
}

interface DeviceFeature {
  name: string;
  device: string;
  status: CheckStatus;
  meaning: string;
}

/** A device that a module of nearly the same name brings. */
export function deviceCheck({ name, device, status, meaning }: DeviceFeature): Check {
  const module = name.replaceAll('-', '_');
  return {
    name,
    area: 'kernel',
    about: `whether ${device} is there`,
    meaning,
    remedy: `modprobe ${module}`,
    isCheap: true,
    run: (host) =>
      host.exists(device)
        ? ok(`${device} is there`)
        : lacking(host, { status, what: `There is no ${device}`, module }),
  };
}
