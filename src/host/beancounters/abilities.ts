import type { CounterAbility } from '#model/counter.ts';
import type { Fault } from '#model/fault.ts';
import type { Beancounter } from './beancounters.ts';

const limited = (reason: string): CounterAbility => ({ ability: 'limited', reason });
const counted = (reason: string): CounterAbility => ({ ability: 'counted', reason });

/** What hosts can do about each resource where the kernel takes our programs. */
export const usualAbilities: Record<Beancounter, CounterAbility> = {
  tcp_sockets: limited(
    "the kernel asks a program of ours, attached to the instance's cgroup, for every socket",
  ),
  other_sockets: limited('the same program is asked for UDP, raw and other internet sockets'),
  unix_sockets: counted('cgroups have no hook for unix sockets; /proc/PID/net/unix lists them'),
  files: counted('no controller limits them; /proc/PID/fd lists them'),
  file_locks: counted('no controller limits them; /proc/locks lists them'),
  terminals: counted("the container's root could make a /dev/pts without the limit; /dev/pts lists them"),
  pending_signals: counted('/proc/PID/status tells them by user'),
  shared_memory: counted(
    "the container's root may change kernel.shmall; /proc/sysvipc/shm lists the segments",
  ),
  locked_memory: counted('the kernel limits it by process only; /proc/PID/status tells it'),
  inotify_instances: counted('the kernel limits them by user only; /proc/PID/fd lists them'),
  keys: counted(
    'containers are kept from the keyrings by seccomp; /proc/key-users tells what they have all the same',
  ),
  mounts: counted(
    "the kernel limits them for all namespaces alike; /proc/PID/mountinfo lists those of init's",
  ),
};

/** The same on a host where the kernel has refused the programs. */
export function abilitiesOf(refusal: Fault | undefined): Record<Beancounter, CounterAbility> {
  if (!refusal) return usualAbilities;
  const none: CounterAbility = { ability: 'none', reason: refusal.message };
  return { ...usualAbilities, tcp_sockets: none, other_sockets: none };
}
