import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Fault } from '#model/fault.ts';
import { tidy } from './tidy.ts';

/** Throws `invalid`, or `unsupported` for what the dialect knows and Wadah does not serve. */
export type Reader<T> = (data: unknown) => T;

/**
 * Reads a JSON body. `null` means absent, keys that ask for nothing are ignored (see `tidy`), nothing is
 * converted: a text where a number belongs is an error.
 */
export function bodyReader<S extends TSchema>(schema: S): Reader<Static<S>> {
  const check = checker(schema);
  return (data) => {
    if (data === undefined || data === null) {
      throw new Fault('invalid', 'The request needs a body, a JSON document');
    }
    return check(tidy(schema, data));
  };
}

/** Reads a query: its texts become numbers and booleans as the schema says; other keys are ignored. */
export function queryReader<S extends TObject>(schema: S): Reader<Static<S>> {
  const check = checker(schema);
  return (data) => {
    const texts = data as Record<string, unknown>;
    const known = Object.entries(schema.properties).flatMap(([key, declared]) => {
      const text = texts[key];
      const isAbsent = text === undefined || (text === '' && kindOf(declared) !== 'string');
      return isAbsent ? [] : [[key, fromText(text, kindOf(declared))] as const];
    });
    return check(Object.fromEntries(known));
  };
}

const kindOf = (schema: object): unknown => ('type' in schema ? schema.type : undefined);

function fromText(text: unknown, kind: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (kind === 'integer' && /^-?\d{1,9}$/.test(text)) return Number(text);
  if (kind === 'boolean' && /^(true|1)$/i.test(text)) return true;
  if (kind === 'boolean' && /^(false|0)$/i.test(text)) return false;
  return text;
}

/** Compiles at the first use: the daemon starts without waiting for schemas that nobody may need. */
export function checker<S extends TSchema>(schema: S): Reader<Static<S>> {
  let compiled: ReturnType<typeof Compile<S>> | undefined;
  return (data) => {
    compiled ??= Compile(schema);
    if (compiled.Check(data)) return data;
    throw new Fault('invalid', complaintOf(compiled.Errors(data)));
  };
}

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[number];

/** The complaint about the innermost place: of a union it is about the branch that was meant. */
function complaintOf(errors: SchemaError[]): string {
  const depth = (error: SchemaError): number => error.instancePath.split('/').length;
  const [first, ...rest] = errors;
  if (!first) return 'The document is malformed';
  const error = rest.reduce((deepest, next) => (depth(next) > depth(deepest) ? next : deepest), first);
  const where = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'required') {
    const missing = error.params.requiredProperties.map((key) => `"${where ? `${where}.` : ''}${key}"`);
    return `${missing.join(', ')} must not be missing`;
  }
  const subject = where === '' ? 'The document' : `"${where}"`;
  if (error.keyword === 'enum') {
    const allowed = error.params.allowedValues.filter((value) => value !== '');
    return `${subject} must be one of ${allowed.join(', ')}`;
  }
  return `${subject} ${error.message}`;
}
