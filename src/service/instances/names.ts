import { randomInt } from 'node:crypto';

const adjectives =
  'able brave calm clear deep eager fair fine glad keen kind live mild neat prime quick rare safe solid sure tidy true vast warm wise'.split(
    ' ',
  );
const vessels =
  'barge basin beaker bowl canoe carafe chalice cup ewer flask goblet jar jug kettle ladle mug pitcher pot sloop tankard tub urn vase vat yawl'.split(
    ' ',
  );

const oneOf = (words: readonly string[]): string => words[randomInt(words.length)] as string;

/** A name for an instance that nobody named: `calm-urn-4821`. */
export const madeUpName = (): string => `${oneOf(adjectives)}-${oneOf(vessels)}-${randomInt(1000, 10_000)}`;
