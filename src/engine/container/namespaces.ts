import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import type { IdRange } from '#model/instance.ts';

/** Namespaces that exist before the instance: its layers and its NICs are prepared with them. */
export interface HeldNamespaces {
  /** `undefined` for a privileged instance. */
  user: string | undefined;
  network: string;
  /** They go on living as long as somebody is in them. */
  release(): void;
}

/**
 * Makes a network namespace and, with an id range, the user namespace that owns it. A program waits in them,
 * and it ends with the daemon: whatever happens, the kernel clears up.
 */
export async function holdNamespaces(
  programs: Programs,
  idRange: IdRange | undefined,
): Promise<HeldNamespaces> {
  const kinds = idRange ? ['--user', '--net'] : ['--net'];
  const { pid, child, exited } = await programs.spawn(['unshare', ...kinds, 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('The holder of namespaces has pipes');
  const release = (): void => {
    stdin.destroy();
    stdout.destroy();
  };
  stdin.on('error', () => {}); // it may end before it reads
  stdin.write('.'); // comes back once `cat` runs, hence inside
  const isThere = await Promise.race([once(stdout, 'data').then(() => true), exited.then(() => false)]);
  try {
    if (!isThere) throw noNamespaces();
    if (idRange) mapIds(pid, idRange);
  } catch (error) {
    release();
    throw error;
  }
  return {
    user: idRange && `/proc/${pid}/ns/user`,
    network: `/proc/${pid}/ns/net`,
    release,
  };
}

function mapIds(pid: number, { base, size }: IdRange): void {
  try {
    for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, `0 ${base} ${size}`);
  } catch (error) {
    throw new Fault('host', `The kernel refuses the ids ${base} to ${base + size - 1} for a guest`, {
      cause: error,
    });
  }
}

function noNamespaces(): Fault {
  return new Fault('unsupported', 'This host lets nobody make user and network namespaces', {
    hint: 'Check sysctl user.max_user_namespaces, user.max_net_namespaces and kernel.unprivileged_userns_clone.',
  });
}
