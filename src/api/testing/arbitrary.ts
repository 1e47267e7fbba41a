import fc from 'fast-check';

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
  pattern?: string;
}

/** Values that a schema allows. `known` are texts that are worth trying, such as names that exist. */
export function valuesOf(schema: object, known: readonly string[]): fc.Arbitrary<unknown> {
  const { type, anyOf, ...rest }: Schema = schema;
  if ('const' in rest) return fc.constant(rest.const);
  if (rest.enum) return fc.constantFrom(...rest.enum);
  if (anyOf) return fc.oneof(...anyOf.map((branch) => valuesOf(branch, known)));
  switch (type) {
    case 'string':
      return textsOf(rest, known);
    case 'integer':
      return fc.integer({ min: rest.minimum ?? -1000, max: rest.maximum ?? 2 ** 31 });
    case 'number':
      return fc.double({ noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valuesOf(rest.items ?? {}, known), {
        minLength: rest.minItems ?? 0,
        maxLength: rest.maxItems ?? 3,
      });
    case 'object':
      return objectsOf(rest, known);
    default:
      return fc.constantFrom(null, '', false, 0, [], {}, 'x', 1, { a: 1 });
  }
}

function textsOf({ pattern, minLength = 0 }: Schema, known: readonly string[]): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.oneof(fc.string({ minLength, unit: 'grapheme' }), fc.constantFrom(...known));
}

function objectsOf(schema: Schema, known: readonly string[]): fc.Arbitrary<object> {
  const { properties, required = [], additionalProperties } = schema;
  if (!properties)
    return fc.dictionary(textsOf({}, known), valuesOf(additionalProperties ?? {}, known), { maxKeys: 3 });
  const fields = Object.entries(properties).map(([key, inner]) => [key, valuesOf(inner, known)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}
