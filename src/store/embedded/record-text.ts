import type { StoredRecord } from '../local/records.ts';

/** A record as the database file holds it: `<create revision> <mod revision> <lease or -> <JSON>`. */
export function printRecord({ createRevision, modRevision, lease, json }: StoredRecord): string {
  return `${createRevision} ${modRevision} ${lease ?? '-'} ${json}`;
}

export function parseRecord(text: string): StoredRecord {
  const create = text.indexOf(' ');
  const mod = text.indexOf(' ', create + 1);
  const leaseEnd = text.indexOf(' ', mod + 1);
  const lease = text.slice(mod + 1, leaseEnd);
  return {
    createRevision: BigInt(text.slice(0, create)),
    modRevision: BigInt(text.slice(create + 1, mod)),
    lease: lease === '-' ? undefined : lease,
    json: text.slice(leaseEnd + 1),
  };
}
