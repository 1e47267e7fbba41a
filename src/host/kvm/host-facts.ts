import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { arch, release } from 'node:os';
import type { KvmHost } from '#model/kvm.ts';
import { devicePath } from './device.ts';

/** Enough for the first processor of /proc/cpuinfo; the others are alike, and a big host has megabytes of them. */
const cpuinfoBytes = 8192;

/** What this host shows of itself. Opens the device and closes it again. */
export function readKvmHost(): KvmHost {
  return {
    architecture: arch(),
    kernelRelease: release(),
    processor: parseProcessor(readFirst('/proc/cpuinfo', cpuinfoBytes)),
    modules: readModules(),
    ...tryDevice(),
  };
}

/** Whether a guest of ours can be tried: the requests and the firmware are those of x86-64. */
export const isUsable = ({ device, architecture }: KvmHost): boolean =>
  device === 'usable' && architecture === 'x64';

/** The first processor of /proc/cpuinfo. */
export function parseProcessor(cpuinfo: string): KvmHost['processor'] {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(cpuinfo)?.[1]?.trim() ?? '';
  const flags = new Set(field('flags').split(' '));
  return {
    model: field('model name'),
    microcode: field('microcode'),
    hasVmx: flags.has('vmx'),
    hasSvm: flags.has('svm'),
    isVirtual: flags.has('hypervisor'),
  };
}

// A module that is built in has its folder only when it has parameters; those of KVM do.
function readModules(): string[] {
  return readdirSync('/sys/module')
    .filter((name) => /^kvm(_|$)/.test(name))
    .sort();
}

function tryDevice(): Pick<KvmHost, 'device' | 'deviceError'> {
  try {
    closeSync(openSync(devicePath, 'r+'));
    return { device: 'usable' };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return { device: deviceStates[code] ?? 'broken', deviceError: message };
  }
}

const deviceStates: Readonly<Record<string, KvmHost['device']>> = {
  ENOENT: 'missing',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
};

function readFirst(path: string, byteCount: number): string {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(byteCount);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
