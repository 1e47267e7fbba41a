import { readFileSync } from 'node:fs';
import { Fault, isFault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';

const listed = '/sys/kernel/security/lsm';

/** The security modules that are on, in their order; `undefined` where securityfs is not mounted. */
function readSecurityModules(): string[] | undefined {
  try {
    return readFileSync(listed, 'utf8').trim().split(',');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/**
 * Loads programs for in front of the kernel's security functions. Throws `unsupported` where the kernel does not take
 * them, or takes them and might never run them, which is so while the security module `bpf` is off.
 */
export function requireSecurityPrograms<T>(load: () => T): T {
  const modules = readSecurityModules();
  if (modules && !modules.includes('bpf')) throw moduleIsOff(modules);
  const loaded = unlessRefused(load);
  if (!modules) throw modulesUnknown();
  return loaded;
}

function unlessRefused<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!isFault(error, 'host')) throw error;
    throw new Fault('unsupported', 'programs in front of security functions are refused here', {
      hint: 'They need Linux 6.0 or newer with CONFIG_BPF_LSM, and nobody who forbids them.',
      cause: error,
    });
  }
}

function modulesUnknown(): Fault {
  return new Fault('unsupported', `no ${listed} tells whether the security module bpf is on`, {
    hint: 'Mount it: mount -t securityfs securityfs /sys/kernel/security',
  });
}

function moduleIsOff(modules: readonly string[]): Fault {
  const wanted = [...modules.filter((name) => name !== 'capability'), 'bpf'].join(',');
  return new Fault('unsupported', 'the security module bpf is off', {
    hint: `Boot with the kernel parameter lsm=${wanted}`,
  });
}
