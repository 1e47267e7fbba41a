import { constants } from 'node:os';
import type { Settings } from '#model/config-keys.ts';
import type { OciSeccomp, OciSeccompRule } from './oci.ts';

const { EPERM, ENOSYS, EAFNOSUPPORT } = constants.errno;

const refuse = (errnoRet: number, names: string[]): OciSeccompRule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
});

// Talks to the hypervisor or the other machines on it, past every network namespace.
const AF_VSOCK = 40;

/**
 * System calls that nobody inside needs and that reach the kernel as a whole. A list of what is refused, since a
 * system container runs whatever people install; namespaces and capabilities are the wall, this makes the
 * part of the kernel behind it smaller. ENOSYS where programs know how to go on without.
 */
const rules: OciSeccompRule[] = [
  // Another kernel, other kernel code, the machine's ports, memory tiers and power.
  refuse(EPERM, ['kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module']),
  refuse(EPERM, ['iopl', 'ioperm', 'swapon', 'swapoff', 'acct', 'nfsservctl', 'quotactl', 'quotactl_fd']),
  // The host's clock is everybody's clock.
  refuse(EPERM, ['settimeofday', 'stime', 'clock_settime', 'clock_settime64']),
  // By file handle, any file of the file system below could be opened.
  refuse(EPERM, ['open_by_handle_at']),
  // Favourite roads of attacks; programs that can use them work without.
  refuse(ENOSYS, ['io_uring_setup', 'io_uring_enter', 'io_uring_register', 'userfaultfd', 'perf_event_open']),
  refuse(EPERM, ['bpf']),
  // Keys count against one limit of the host's root; systemd and PAM go on without.
  refuse(ENOSYS, ['keyctl', 'add_key', 'request_key']),
  // Long obsolete.
  refuse(ENOSYS, ['create_module', 'get_kernel_syms', 'query_module', 'uselib', 'ustat', 'sysfs', '_sysctl']),
  refuse(ENOSYS, ['lookup_dcookie', 'vm86', 'vm86old', 'remap_file_pages']),
  { ...refuse(EAFNOSUPPORT, ['socket']), args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_EQ' }] },
];

// The kernel's second ABI has other numbers for the same calls: not naming it would leave it open.
const architectures: Partial<Record<NodeJS.Architecture, string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

// What containers inside are made with, and their users' keys.
const keyCalls = ['keyctl', 'add_key', 'request_key'];

/** The usual rules, with what the owner of an instance has added to them and taken from them. */
export function guestSeccomp(settings: Settings): OciSeccomp {
  const allowed = new Set([
    ...(settings['security.syscalls.allow'] ?? []),
    ...(settings['security.nesting'] ? keyCalls : []),
  ]);
  const usual = rules
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !allowed.has(name)) }))
    .filter(({ names }) => names.length > 0);
  const denied = settings['security.syscalls.deny'];
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: architectures[process.arch] ?? [],
    syscalls: denied ? [...usual, refuse(EPERM, denied)] : usual,
  };
}
