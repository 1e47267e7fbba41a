import { capabilityNames } from '#model/capabilities.ts';
import type { Settings } from '#model/config-keys.ts';

/**
 * What not even root inside may do, unless its owner says so: these reach the host's kernel, clock, log, audit or
 * hardware as a whole. All the others a whole system with its own init needs, and in a user namespace they reach no
 * further than the instance.
 */
const withheld = new Set([
  'CAP_AUDIT_CONTROL',
  'CAP_AUDIT_READ',
  'CAP_BLOCK_SUSPEND',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
  'CAP_LINUX_IMMUTABLE',
  'CAP_MAC_ADMIN',
  'CAP_MAC_OVERRIDE',
  'CAP_PERFMON',
  'CAP_SYSLOG',
  'CAP_SYS_MODULE',
  'CAP_SYS_PACCT',
  'CAP_SYS_RAWIO',
  'CAP_SYS_TIME',
  'CAP_WAKE_ALARM',
]);

/** What root inside may do. Those that are added win over what is usual, and those that are dropped over both. */
export function guestCapabilities(settings: Settings): string[] {
  const added = settings['security.capabilities.add'] ?? [];
  const dropped = settings['security.capabilities.drop'] ?? [];
  return capabilityNames.filter(
    (name) => (!withheld.has(name) || added.includes(name)) && !dropped.includes(name),
  );
}

/**
 * Of a guest without a user namespace: at most what the daemon itself has (`held`, a bit for each). And it makes no
 * device nodes, which elsewhere would not work: it has the devices that it is given.
 */
export function privilegedCapabilities(settings: Settings, held: bigint): string[] {
  const isHeld = (name: string) => ((held >> BigInt(capabilityNames.indexOf(name))) & 1n) === 1n;
  return guestCapabilities(settings).filter((name) => isHeld(name) && name !== 'CAP_MKNOD');
}
