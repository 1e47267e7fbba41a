import type { CounterAbility } from '#model/counter.ts';
import type { Fault } from '#model/fault.ts';
import type { Beancounter } from './beancounters.ts';
import { type ProgramResource, securityResources, socketResources } from './maps.ts';

const limited = (reason: string): CounterAbility => ({ ability: 'limited', reason });
const counted = (reason: string): CounterAbility => ({ ability: 'counted', reason });

/** What programs of ours do where the kernel takes them. */
const byPrograms: Record<ProgramResource, CounterAbility> = {
  tcp_sockets: limited(
    "the kernel asks a program of ours, attached to the instance's cgroup, for every socket",
  ),
  other_sockets: limited('the same program is asked for UDP, raw and other internet sockets'),
  unix_sockets: limited('a program in front of the security functions is asked for every one that it makes'),
  files: limited('a program in front of the security functions is asked for every file that it opens'),
  terminals: limited('a program in front of the security functions is asked whenever it opens /dev/ptmx'),
};

/** What can be known of all others, and of some of those without programs. */
const listed = {
  unix_sockets: counted('cgroups have no hook for unix sockets; /proc/PID/net/unix lists them'),
  files: counted('no controller limits them; /proc/PID/fd lists descriptors'),
  file_locks: counted('no controller limits them, and no hook tells when one ends; /proc/locks lists them'),
  terminals: counted(
    "the container's root could make a /dev/pts without the limit; open descriptors lead to them",
  ),
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
} satisfies Partial<Record<Beancounter, CounterAbility>>;

/** Why programs of ours do not count. */
export interface ProgramRefusals {
  /** None of them can be loaded. */
  all?: Fault | undefined;
  /** Those in front of the security functions cannot. */
  security?: Fault | undefined;
}

/** What this host can do about each resource. */
export function abilitiesOf({ all, security }: ProgramRefusals): Record<Beancounter, CounterAbility> {
  const withoutSecurity = (refusal: Fault) =>
    securityResources.map((name) => [name, counted(`${listed[name].reason}; ${refusal.message}`)]);
  const none = (refusal: Fault) =>
    socketResources.map((name) => [name, { ability: 'none', reason: refusal.message }]);
  const refused = all ?? security;
  return {
    ...listed,
    ...byPrograms,
    ...(refused && Object.fromEntries(withoutSecurity(refused))),
    ...(all && Object.fromEntries(none(all))),
  };
}

/** What hosts can do, where the kernel takes our programs. */
export const usualAbilities = abilitiesOf({});

/** Of what a host can do less where it does not take programs in front of security functions. */
export const poorerAbilities: Partial<Record<Beancounter, CounterAbility>> = Object.fromEntries(
  securityResources.map((name) => [name, listed[name]]),
);
