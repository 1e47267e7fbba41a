import { type Clock, systemClock } from '#base/clock.ts';
import type { ChangeLogLimits } from '../local/change-log.ts';
import { LocalStore } from '../local/local-store.ts';
import type { Store } from '../store.ts';
import { MemoryRecords } from './memory-records.ts';

/** A store that lives in this process and ends with it. For tests. */
export function openMemoryStore(
  options: { clock?: Clock; changeLog?: ChangeLogLimits } = {},
): Promise<Store> {
  return LocalStore.open(new MemoryRecords(), { clock: systemClock, ...options });
}
