import { key } from './key.ts';
import type { ValueKind } from './kinds.ts';

/** A JSON object. */
export type JsonObject = { [key: string]: unknown };

const json: ValueKind<JsonObject> = {
  parse(text) {
    try {
      const value = JSON.parse(text) as unknown;
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? (value as JsonObject) : undefined;
    } catch {
      return undefined;
    }
  },
  expects: 'a JSON object',
  examples: [],
};

const word = /"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g;

const programArguments: ValueKind<string[]> = {
  parse(text) {
    const words = Array.from(text.matchAll(word), ([, double, single, bare]) =>
      double === undefined ? (single ?? bare ?? '') : double.replaceAll(/\\(.)/g, '$1'),
    );
    return words.length > 0 ? words : undefined;
  },
  expects: 'words as on a command line',
  examples: [],
};

/** For what has no key of its own. Nothing looks at it: what is wrong in it, crun or QEMU says at the start. */
export const rawKeys = {
  'raw.oci': key({
    kind: json,
    types: ['container'],
    help: 'Merged into the OCI configuration as JSON merge patch (RFC 7396); crun says what is wrong with it',
  }),
  'raw.qemu': key({
    kind: programArguments,
    types: ['virtual-machine'],
    help: 'Put at the end of the command line of QEMU, which says what is wrong with it',
  }),
};
