import type { Operations } from '#operation/operation.ts';
import type { InstanceCounters } from '#service/counters/counters.ts';
import type { Events } from '#service/events/events.ts';
import type { Files } from '#service/files/files.ts';
import type { HostDoctor } from '#service/host/doctor.ts';
import type { KvmVerdicts } from '#service/host/kvm-verdicts.ts';
import type { Images } from '#service/images/images.ts';
import type { Instances } from '#service/instances/instances.ts';
import type { Networks } from '#service/networks/networks.ts';
import type { Profiles } from '#service/profiles/profiles.ts';

/** What the API hands requests over to. */
export interface Services {
  instances: Instances;
  counters: Pick<InstanceCounters, 'get' | 'running'>;
  images: Images;
  profiles: Profiles;
  networks: Pick<Networks, 'bridge'>;
  files: Files;
  events: Events;
  operations: Operations;
  kvm: Pick<KvmVerdicts, 'known'>;
  doctor: Pick<HostDoctor, 'examine'>;
}

/** A running exec or console. */
export type Session = Awaited<ReturnType<Instances['exec']>>;
export type SessionRequest = Parameters<Instances['exec']>[2];
