import { Type, type Static, type TSchema } from 'typebox';

/** A JSON object with free keys. `Type.Record` would not look at keys that hold a line break. */
export const mapOf = <T extends TSchema>(value: T) =>
  Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: value });

/** For request bodies: Go clients send `null` for a map or list that they leave alone. */
export const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([Type.Null(), schema]));

export const TextMap = mapOf(Type.String());
export const AnyMap = mapOf(Type.Unknown());
export const Devices = mapOf(TextMap);

/** RFC 3339 in UTC. `neverTime` stands for never. */
export const Timestamp = Type.String({ format: 'date-time' });
export const neverTime = '1970-01-01T00:00:00Z';

/** Some 23 days. Timers count milliseconds in 31 bits. */
export const longestWaitSeconds = 2_000_000;

/** The only cluster member there is, as the dialect calls it. */
export const noLocation = 'none';

/** Marks a key of the dialect that Wadah does not serve; its value says what it would be for. */
export const notServedMark = 'x-wadah-not-served';

/**
 * A key of the dialect that Wadah does not serve. Clients send it all the same, nearly always empty: then it is
 * ignored. One that asks for something is answered `unsupported`, never dropped in silence. `purpose` completes
 * "Wadah does not serve …".
 */
export const notServed = (purpose: string) => Type.Optional(Type.Unknown({ [notServedMark]: purpose }));

/** Names the keys of a body that are ignored whatever they hold. */
export const ignoredKeysMark = 'x-wadah-ignored-keys';

/** For documents that clients read, change and send back whole: the keys that only the server writes. */
export const ignoring = (keys: readonly string[]) => ({ [ignoredKeysMark]: keys });
