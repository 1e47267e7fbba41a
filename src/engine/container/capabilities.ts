/**
 * What root inside may do, by its number in the kernel: all that a whole system with its own init needs. In a user
 * namespace these reach no further than the instance. Absent because they reach the host's kernel, clock, log, audit
 * or hardware as a whole: AUDIT_CONTROL, AUDIT_READ, BLOCK_SUSPEND, BPF, CHECKPOINT_RESTORE, LINUX_IMMUTABLE, MAC_*,
 * PERFMON, SYSLOG, SYS_MODULE, SYS_PACCT, SYS_RAWIO, SYS_TIME, WAKE_ALARM.
 */
const capabilities = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_BROADCAST: 11,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_IPC_OWNER: 15,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_BOOT: 22,
  CAP_SYS_NICE: 23,
  CAP_SYS_RESOURCE: 24,
  CAP_SYS_TTY_CONFIG: 26,
  CAP_MKNOD: 27,
  CAP_LEASE: 28,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
};

export const guestCapabilities = (): string[] => Object.keys(capabilities);

/**
 * Of a guest without a user namespace: at most what the daemon itself has (`held`, a bit for each). And it makes no
 * device nodes, which elsewhere would not work: it has the devices that it is given.
 */
export function privilegedCapabilities(held: bigint): string[] {
  const given = Object.entries(capabilities).filter(([, bit]) => ((held >> BigInt(bit)) & 1n) === 1n);
  return given.map(([name]) => name).filter((name) => name !== 'CAP_MKNOD');
}
