import { storeSuite } from '../store-suite.ts';
import { openMemoryStore } from './memory-store.ts';

storeSuite('memory store', async (clock, changeLog) => {
  const store = await openMemoryStore({ clock, ...(changeLog && { changeLog }) });
  return { store, dispose: () => store.close() };
});
