import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { hierarchiesVariable } from './hierarchies.ts';
import { namespaceVariable } from '#host/mount/private-namespace.ts';
import { leaveMountNamespace } from '#host/sys/namespaces.ts';

/** Before integration tests: their processes mount as the daemon does, in a namespace that ends with the last of them. */
export default function setup(): () => void {
  process.env[namespaceVariable] = leaveMountNamespace();
  // All in one call each: only this thread has left, and libuv's others would work in the host's namespace.
  const view = mkdtempSync('/tmp/wadah-hierarchies-');
  execFileSync('mount', ['--rbind', '/sys/fs/cgroup', view]);
  process.env[hierarchiesVariable] = view;
  return () => {
    execFileSync('umount', ['--recursive', '--lazy', view]);
    rmdirSync(view);
  };
}
