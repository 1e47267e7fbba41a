import { readlinkSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { readMounts } from './mountinfo.ts';

/** Names the mount namespace that was made for this process, by its inode number; `bin/wadahd` sets it. */
export const namespaceVariable = 'WADAH_NAMESPACE';

/**
 * Throws `unsupported` unless this process is in the mount namespace that was made for it, from which nothing gets
 * back to the host: anywhere else, what the daemon mounts and unmounts would change the host.
 */
export function requirePrivateNamespace(): void {
  const made = process.env[namespaceVariable];
  const isThere = made !== undefined && readlinkSync('/proc/thread-self/ns/mnt') === `mnt:[${made}]`;
  const root = readMounts().find(({ target }) => target === '/');
  if (isThere && !root?.propagation.some((tag) => tag.startsWith('shared:'))) return;
  throw new Fault('unsupported', 'The daemon does not run in a mount namespace of its own', {
    hint: 'Start it with bin/wadahd, which makes one.',
  });
}
