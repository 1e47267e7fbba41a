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

/** Containers inside are made with them. */
const keyCalls = ['keyctl', 'add_key', 'request_key'];

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
  refuse(ENOSYS, keyCalls),
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

/** The usual rules with what the owner of an instance has added to them, or only what its owner lets through. */
export function guestSeccomp(settings: Settings): OciSeccomp {
  const denied = settings['security.syscalls.deny'] ?? [];
  const allowed = settings['security.syscalls.allow'];
  if (allowed) return onlyThese(allowed.filter((name) => !denied.includes(name)));
  const usual = settings['security.syscalls.deny_default'] ? usualRules(settings) : [];
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: architectures[process.arch] ?? [],
    syscalls: denied.length > 0 ? [...usual, refuse(EPERM, denied)] : usual,
  };
}

/** What crun itself does between putting up the filter and becoming the program. */
const crunCalls = [
  ...['capget', 'capset', 'chdir', 'close', 'close_range', 'execve', 'exit_group', 'fcntl', 'getdents64'],
  ...['openat', 'prctl', 'read', 'setgroups', 'setresgid', 'setresuid', 'write'],
];

const onlyThese = (names: string[]): OciSeccomp => ({
  defaultAction: 'SCMP_ACT_ERRNO', // EPERM, where no other is told
  architectures: architectures[process.arch] ?? [],
  syscalls: [{ names: [...new Set([...crunCalls, ...names])], action: 'SCMP_ACT_ALLOW' }],
});

const usualRules = (settings: Settings): OciSeccompRule[] =>
  settings['security.nesting'] ? rules.filter(({ names }) => names !== keyCalls) : rules;
