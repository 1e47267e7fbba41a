// Written by scripts/qmp-types.mjs from the schema of QEMU 7.2.
/** Commands that we use, by name. */
export interface QmpCommands {
  block_resize: { arguments: { device?: string; 'node-name'?: string; size: number }; returns: object };
  block_set_io_throttle: { arguments: { device?: string; id?: string; bps: number; bps_rd: number; bps_wr: number; iops: number; iops_rd: number; iops_wr: number; bps_max?: number; bps_rd_max?: number; bps_wr_max?: number; iops_max?: number; iops_rd_max?: number; iops_wr_max?: number; bps_max_length?: number; bps_rd_max_length?: number; bps_wr_max_length?: number; iops_max_length?: number; iops_rd_max_length?: number; iops_wr_max_length?: number; iops_size?: number; group?: string }; returns: object };
  cont: { arguments: object; returns: object };
  qmp_capabilities: { arguments: { enable?: Array<'oob'> }; returns: object };
  'query-chardev': { arguments: object; returns: Array<{ label: string; filename: string; 'frontend-open': boolean }> };
  'query-kvm': { arguments: object; returns: { enabled: boolean; present: boolean } };
  'query-status': { arguments: object; returns: { running: boolean; singlestep: boolean; status: 'debug' | 'inmigrate' | 'internal-error' | 'io-error' | 'paused' | 'postmigrate' | 'prelaunch' | 'finish-migrate' | 'restore-vm' | 'running' | 'save-vm' | 'shutdown' | 'suspended' | 'watchdog' | 'guest-panicked' | 'colo' } };
  stop: { arguments: object; returns: object };
  system_powerdown: { arguments: object; returns: object };
}
/** Events that we react to, with their data. */
export interface QmpEvents {
  BLOCK_IO_ERROR: { device: string; 'node-name'?: string; operation: 'read' | 'write'; action: 'ignore' | 'report' | 'stop'; nospace?: boolean; reason: string };
  GUEST_PANICKED: { action: 'pause' | 'poweroff' | 'run'; info?: { type: 'hyper-v' | 's390' } };
  RESET: { guest: boolean; reason: 'none' | 'host-error' | 'host-qmp-quit' | 'host-qmp-system-reset' | 'host-signal' | 'host-ui' | 'guest-shutdown' | 'guest-reset' | 'guest-panic' | 'subsystem-reset' | 'snapshot-load' };
  SHUTDOWN: { guest: boolean; reason: 'none' | 'host-error' | 'host-qmp-quit' | 'host-qmp-system-reset' | 'host-signal' | 'host-ui' | 'guest-shutdown' | 'guest-reset' | 'guest-panic' | 'subsystem-reset' | 'snapshot-load' };
  STOP: object;
  VSERPORT_CHANGE: { id: string; open: boolean };
}
