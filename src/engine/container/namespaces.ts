import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { settlesWithin } from '#base/wait.ts';
import { Output } from '#host/process/output.ts';
import { timedOut } from '#host/process/faults.ts';
import type { Programs } from '#host/process/programs.ts';
import { Fault } from '#model/fault.ts';
import type { IdRange } from '#model/instance.ts';

const holdMs = 30_000;
const saidBytes = 1024;

/** Namespaces that exist before the instance: its layers and its NICs are prepared with them. */
export interface HeldNamespaces {
  /** `undefined` for a privileged instance. */
  user: string | undefined;
  network: string;
  /** In it the clocks that count from the boot of a machine begin with the instance; `undefined` as `user`. */
  time: string | undefined;
  /** They go on living as long as somebody is in them. */
  release(): void;
}

/**
 * Makes a network namespace and, with an id range, a time namespace and the user namespace that owns both. A program
 * waits in them, and it ends with the daemon: whatever happens, the kernel clears up.
 */
export async function holdNamespaces(
  programs: Programs,
  idRange: IdRange | undefined,
): Promise<HeldNamespaces> {
  const kinds = idRange ? ['--user', '--net', ...newTime()] : ['--net'];
  const { pid, child, exited } = await programs.spawn(['unshare', ...kinds, 'cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('The holder of namespaces has pipes');
  const release = (): void => {
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
  };
  stdin.on('error', () => {}); // it may end before it reads
  stdin.write('.'); // comes back once `cat` runs, hence inside
  const words = new Output(stderr, saidBytes);
  const answer = Promise.race([once(stdout, 'data').then(() => true), exited.then(() => false)]);
  try {
    if (!(await settlesWithin(answer, holdMs))) throw stuck(pid);
    if (!(await answer)) throw await refused(words);
    if (idRange) mapIds(pid, idRange);
  } catch (error) {
    release();
    throw error;
  }
  return {
    user: idRange && `/proc/${pid}/ns/user`,
    network: `/proc/${pid}/ns/net`,
    time: idRange && `/proc/${pid}/ns/time_for_children`,
    release,
  };
}

/** Whole seconds, and never more than have passed: the kernel lets no clock be before its boot. */
function newTime(): string[] {
  const nanoseconds = 1_000_000_000n;
  const offsets = { boottime: Math.floor(uptime()), monotonic: process.hrtime.bigint() / nanoseconds };
  return ['--time', ...Object.entries(offsets).flatMap(([clock, passed]) => [`--${clock}`, `-${passed}`])];
}

/** One that does not even begin will not notice either that nobody needs it any more. */
function stuck(pid: number): Fault {
  process.kill(pid, 'SIGKILL');
  return timedOut(['unshare'], holdMs, 'make user and network namespaces');
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

async function refused(words: Output): Promise<Fault> {
  await words.closed;
  const said = words.text().trim() || 'unshare was killed';
  return new Fault('unsupported', `This host makes no user, network and time namespaces: ${said}`, {
    hint: 'Check sysctl user.max_user_namespaces, user.max_net_namespaces and kernel.unprivileged_userns_clone.',
  });
}
