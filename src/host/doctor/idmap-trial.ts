import { closeSync, openSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Programs } from '../process/programs.ts';
import { cloneMount, idmapMount } from '../sys/mounts.ts';

/** Any range will do: nothing is read or written through it. */
const range = '0 1000000 65536';

/**
 * Maps the ids of a copy of the mount at `folder`, as for a container. The copy is attached nowhere, and gone afterwards.
 * For root. Throws `host` where the kernel refuses.
 */
export async function tryIdmap(programs: Programs, folder: string): Promise<void> {
  // It waits in the namespace for the end of its input.
  const { pid, child } = await programs.spawn(['unshare', '--user', 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    child.stdin?.on('error', () => {});
    child.stdin?.write('.'); // comes back once `cat` runs, hence inside
    if (child.stdout) await once(child.stdout, 'data');
    for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, range);
    mapCopy(folder, `/proc/${pid}/ns/user`);
  } finally {
    child.stdin?.destroy();
    child.stdout?.destroy();
  }
}

function mapCopy(folder: string, userNamespace: string): void {
  const usernsFd = openSync(userNamespace, 'r');
  try {
    const mountFd = cloneMount(folder);
    try {
      idmapMount(mountFd, usernsFd);
    } finally {
      closeSync(mountFd);
    }
  } finally {
    closeSync(usernsFd);
  }
}
