import { readlinkSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { readMounts } from './mountinfo.ts';

/**
 * Throws `unsupported` unless this process has a mount namespace of its own, from which nothing gets back to the
 * host: what the daemon mounts and unmounts would change the host.
 */
export function requirePrivateNamespace(): void {
  const leaks = readMounts().some(({ propagation }) => propagation.some((tag) => tag.startsWith('shared:')));
  if (!leaks && !isThatOfInit()) return;
  throw new Fault('unsupported', "The daemon does not run in a private mount namespace but in the host's", {
    hint: 'Start it with bin/wadahd, which makes one.',
  });
}

function isThatOfInit(): boolean {
  try {
    return readlinkSync('/proc/thread-self/ns/mnt') === readlinkSync('/proc/1/ns/mnt');
  } catch (error) {
    // A root with fewer capabilities than init may not look, and no host with a service manager is like that.
    if (systemErrorCode(error) === 'EACCES') return false;
    throw error;
  }
}
