import { formatBytes, parseBytes } from '#base/units.ts';

/** How a text becomes a value, and what to tell when it does not. */
export interface ValueKind<T> {
  /** `undefined` when the text is no such value. */
  parse(text: string): T | undefined;
  /** Completes "… must be". */
  expects: string;
  /** Values worth offering in completion. */
  examples: readonly string[];
}

const truths = ['true', '1', 'yes', 'on'];
const untruths = ['false', '0', 'no', 'off'];

export const bool: ValueKind<boolean> = {
  parse(text) {
    const word = text.toLowerCase();
    return truths.includes(word) || (untruths.includes(word) ? false : undefined);
  },
  expects: 'true or false',
  examples: ['true', 'false'],
};

export const count = (least: number): ValueKind<number> => ({
  parse: (text) => (/^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined),
  expects: `a whole number of at least ${least}`,
  examples: [],
});

export const integer: ValueKind<number> = {
  parse: (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined),
  expects: 'a whole number',
  examples: [],
};

export const between = (least: number, most: number): ValueKind<number> => ({
  parse: (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
  expects: `a whole number from ${least} to ${most}`,
  examples: [String(least), String(most)],
});

export const bytes = (least: number): ValueKind<number> => ({
  parse: (text) => {
    const value = parseBytes(text);
    return value !== undefined && value >= least ? value : undefined;
  },
  expects: `an amount of at least ${formatBytes(least)}, such as 512MiB or 2GiB`,
  examples: ['256MiB', '512MiB', '1GiB', '4GiB'],
});

export function oneOf<const T extends string>(...words: readonly T[]): ValueKind<T> {
  const rest = words.slice(0, -1).join(', ');
  return {
    parse: (text) => words.find((word) => word === text),
    expects: `${rest} or ${words.at(-1)}`,
    examples: words,
  };
}

/** Numbers from 0, each at most once, in order: `0-3,8`. */
export function parseNumberSet(text: string): number[] | undefined {
  if (!/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text)) return undefined;
  const members = new Set<number>();
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (last < first) return undefined;
    for (let member = first; member <= last; member += 1) members.add(member);
  }
  return [...members].sort((a, b) => a - b);
}
