/**
 * What root inside may do: all that a whole system with its own init needs. In a user namespace these reach no
 * further than the instance. Absent because they reach the host's kernel, clock, log, audit or hardware as a
 * whole: AUDIT_CONTROL, AUDIT_READ, BLOCK_SUSPEND, BPF, CHECKPOINT_RESTORE, LINUX_IMMUTABLE, MAC_*, PERFMON,
 * SYSLOG, SYS_MODULE, SYS_PACCT, SYS_RAWIO, SYS_TIME, WAKE_ALARM.
 */
export const guestCapabilities: readonly string[] = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_KILL',
  'CAP_LEASE',
  'CAP_MKNOD',
  'CAP_NET_ADMIN',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_CHROOT',
  'CAP_SYS_NICE',
  'CAP_SYS_PTRACE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TTY_CONFIG',
];
