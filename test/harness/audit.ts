import assert from 'node:assert/strict';
import { eventually } from './host.ts';
import type { TestHost } from './host.ts';
import { expectedObjects } from './audit/expected.ts';
import { observedObjects } from './audit/observed.ts';
import { readDocuments } from './audit/documents.ts';

/**
 * Compares a daemon's store with the host, both ways: what the store speaks of is there, and whatever bears the
 * daemon's mark belongs to something in the store. Things that are still going get half a minute.
 */
export async function audit(host: TestHost): Promise<void> {
  await eventually(async () => {
    const documents = readDocuments(host.directory);
    const expected = expectedObjects(host, documents);
    const observed = await observedObjects(host, documents);
    const lost = [...expected].filter((object) => !observed.has(object));
    const left = [...observed].filter((object) => !expected.has(object));
    assert.deepEqual({ lost, left }, { lost: [], left: [] });
  }, 30_000);
}
