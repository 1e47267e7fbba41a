import type { FakeClock } from '#base/fake-clock.ts';
import type { ChangeLogLimits } from '../local/change-log.ts';
import { type OpenedStore, storeSuite } from '../store-suite.ts';
import { openMemoryStore } from './memory-store.ts';

async function open(clock: FakeClock, changeLog?: ChangeLogLimits): Promise<OpenedStore> {
  const store = await openMemoryStore({ clock, ...(changeLog && { changeLog }) });
  return { store, dispose: () => store.close() };
}

storeSuite('memory store', open, 300);
