import fc from 'fast-check';
import { notServedMark } from '#contract/contract.ts';

/** The parts of JSON Schema that the contract is written in. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  minimum?: number;
  maximum?: number;
}

/** Texts that mean something under a key, so that most requests get past the first check. */
export type Hints = Record<string, readonly string[]>;

/** Mostly the first, now and then the second. */
export const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, weight = 9): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare });

/** What clients send for keys that they do not mean. */
const nothings = fc.constantFrom<unknown>(null, '', false, 0, [], {});

/** Values that a schema allows, under a key of a document. */
export function valuesOf(schema: object, hints: Hints, key = ''): fc.Arbitrary<unknown> {
  const { type, anyOf, ...rest }: Schema = schema;
  if (notServedMark in schema) return mostly(nothings, fc.constant<unknown>('asked for'), 50);
  if ('const' in rest) return fc.constant(rest.const);
  if (rest.enum) return fc.constantFrom(...rest.enum);
  if (anyOf) return fc.oneof(...anyOf.map((branch) => valuesOf(branch, hints, key)));
  switch (type) {
    case 'string':
      return textsOf(rest, hints[key]);
    case 'integer':
      return fc.integer({ min: rest.minimum ?? -1000, max: rest.maximum ?? 2 ** 31 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(rest.items ?? {}, hints, key), {
        minLength: rest.minItems ?? 0,
        maxLength: rest.maxItems ?? 3,
      });
    case 'object':
      return objectsOf(rest, hints);
    default:
      throw new Error(`no values are known for ${JSON.stringify(schema)}`);
  }
}

function textsOf({ minLength = 0 }: Schema, hints: readonly string[] | undefined): fc.Arbitrary<string> {
  const any = fc.string({ minLength, unit: 'grapheme' });
  return hints ? mostly(fc.constantFrom(...hints), any) : any;
}

function objectsOf(schema: Schema, hints: Hints): fc.Arbitrary<object> {
  const { properties, required = [], additionalProperties = {} } = schema;
  if (!properties) {
    return fc.dictionary(fc.string({ unit: 'grapheme' }), valuesOf(additionalProperties, hints), {
      maxKeys: 2,
    });
  }
  const fields = Object.entries(properties).map(
    ([key, inner]) => [key, valuesOf(inner, hints, key)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}
