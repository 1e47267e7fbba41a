import { createHash } from 'node:crypto';

/** A fingerprint of a JSON document that does not depend on the order of its keys. */
export function etagOf(document: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(document)))
    .digest('hex')
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
