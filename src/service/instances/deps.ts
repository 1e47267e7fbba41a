import type { Logger } from '#base/logger.ts';
import type { Engine } from '#engine/engine.ts';
import type { Pool } from '#host/storage/pool.ts';
import { Fault } from '#model/fault.ts';
import type { IdRange, InstanceId, InstanceType } from '#model/instance.ts';
import type { InstanceCounters } from '../counters/counters.ts';
import type { Events } from '../events/events.ts';
import type { ImageRecords } from '../images/image-records.ts';
import type { Networks } from '../networks/networks.ts';
import type { ProfileRecords } from '../profiles/profile-records.ts';
import type { InstanceRecords } from './records.ts';
import type { Runtimes } from './runtimes.ts';

/** What the steps of instance operations work with. */
export interface InstanceDeps {
  records: InstanceRecords;
  runtimes: Runtimes;
  profiles: ProfileRecords;
  images: Pick<ImageRecords, 'get'>;
  pool: Pool;
  networks: Networks;
  engines: ReadonlyMap<InstanceType, Engine>;
  idRanges: IdRanges;
  counters: Pick<InstanceCounters, 'takeIn' | 'forget'>;
  events: Events;
  logger: Logger;
}

/** Ranges of host ids for user namespaces, no two of which overlap on this host. */
export interface IdRanges {
  /** The range of this instance; claims one when it has none of that size. Throws `insufficient` when all are taken. */
  claim(id: InstanceId, size: number): Promise<IdRange>;
  release(id: InstanceId): Promise<void>;
}

/** Throws `unsupported` when this host runs no instances of that type. */
export function engineFor(deps: Pick<InstanceDeps, 'engines'>, type: InstanceType): Engine {
  const engine = deps.engines.get(type);
  if (engine) return engine;
  throw new Fault('unsupported', `This daemon cannot run a ${type}`);
}
