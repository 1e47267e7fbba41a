import { Fault } from '#model/fault.ts';

/** One comparison, and how it joins what stands before it: `and`, `or`; the first joins with `and`. */
export interface Clause {
  join: 'and' | 'or';
  isNegated: boolean;
  /** Dotted: `config.image.os`. */
  field: string;
  operator: 'eq' | 'ne';
  value: string;
}

/**
 * Reads a filter of the dialect: `[not] field eq|ne value`, joined by `and` and `or` from left to right.
 * Values with blanks stand in double quotes; `\"` and `\\` work inside. Empty: no clause. Throws `invalid`.
 */
export function parseFilter(text: string): Clause[] {
  const words = splitWords(text);
  const clauses: Clause[] = [];
  while (words.length > 0) {
    const join = clauses.length === 0 ? 'and' : readJoin(words.shift());
    clauses.push({ join, ...readComparison(words) });
  }
  return clauses;
}

interface Word {
  text: string;
  isQuoted: boolean;
}

function splitWords(text: string): Word[] {
  const words: Word[] = [];
  const rule = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)/suy;
  while (rule.lastIndex < text.trimEnd().length) {
    const begin = rule.lastIndex;
    const match = rule.exec(text);
    if (!match) throw malformed(`cannot be read from "${text.slice(begin).trim()}" on`);
    const [, quoted, plain] = match;
    words.push({ text: plain ?? (quoted ?? '').replaceAll(/\\(.)/gsu, '$1'), isQuoted: plain === undefined });
  }
  return words;
}

const keywordOf = (word: Word | undefined): string | undefined =>
  word && !word.isQuoted ? word.text.toLowerCase() : undefined;

function readJoin(word: Word | undefined): Clause['join'] {
  const join = keywordOf(word);
  if (join === 'and' || join === 'or') return join;
  throw malformed(`has "${word?.text}" where "and" or "or" belongs`);
}

function readComparison(words: Word[]): Omit<Clause, 'join'> {
  const isNegated = keywordOf(words[0]) === 'not';
  if (isNegated) words.shift();
  const [field, operator, value] = words.splice(0, 3);
  if (!field || !operator || !value) throw malformed('ends in the middle of a comparison');
  const known = keywordOf(operator);
  if (known !== 'eq' && known !== 'ne') throw malformed(`has "${operator.text}" where "eq" or "ne" belongs`);
  return { isNegated, field: field.text, operator: known, value: value.text };
}

function malformed(problem: string): Fault {
  return new Fault('invalid', `The filter ${problem}`, {
    hint: 'Write for example: status eq Running and config.image.os ne "Some OS".',
  });
}
