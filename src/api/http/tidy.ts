import { ignoredKeysMark, notServedMark } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';

interface ObjectSchema {
  type: 'object';
  properties: Record<string, { [notServedMark]?: string }>;
  [ignoredKeysMark]?: readonly string[];
}

const isObjectSchema = (schema: object): schema is ObjectSchema =>
  'type' in schema && schema.type === 'object' && 'properties' in schema;

/**
 * Takes away what clients send without meaning it, so that nothing that is meant is dropped in silence:
 *
 * - `null` is the same as absent;
 * - an unknown key without a content (false, 0, "", [], {}, the zero time) is dropped; with a content it is `invalid`, since it
 *   is more likely misspelt than unimportant;
 * - a key that the dialect knows and Wadah does not serve is dropped likewise, or else `unsupported`;
 * - keys that only the server writes are dropped where people send back what they have read.
 */
export function tidy(schema: object, value: unknown, path = ''): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [meant] = alternatives(schema);
  if (!meant) return value;
  if (Array.isArray(value)) {
    const items = 'items' in meant ? (meant.items as object) : {};
    return value.map((item, index) => tidy(items, item, `${path}${index}.`));
  }
  if (!isObjectSchema(meant)) return value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    if (inner === null || isDropped(meant, key, inner, path)) return [];
    return [[key, tidy(meant.properties[key] ?? {}, inner, `${path}${key}.`)] as const];
  });
  return Object.fromEntries(kept);
}

/** The schemas that an object or list can be meant for: all of a union but null. */
function alternatives(schema: object): object[] {
  if (!('anyOf' in schema)) return [schema];
  return (schema.anyOf as object[]).filter((branch) => !('type' in branch && branch.type === 'null'));
}

function isDropped(schema: ObjectSchema, key: string, value: unknown, path: string): boolean {
  const declared = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  if (declared && !(notServedMark in declared)) return false;
  if (!asksForSomething(value) || schema[ignoredKeysMark]?.includes(key)) return true;
  if (!declared) throw unknownKey(path + key, Object.keys(schema.properties));
  throw new Fault('unsupported', `Wadah does not serve ${String(declared[notServedMark])}`, {
    hint: `Leave "${path}${key}" out or empty.`,
  });
}

/** How Go writes a time that nobody set. */
const zeroTime = '0001-01-01T00:00:00Z';

function asksForSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value) && value !== zeroTime;
}

function unknownKey(key: string, known: string[]): Fault {
  return new Fault('invalid', `There is no key "${key}" in this document`, {
    hint: `Known ones: ${known.join(', ')}.`,
  });
}
