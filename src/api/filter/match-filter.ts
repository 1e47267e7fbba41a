import type { Clause } from './parse-filter.ts';
import { parseFilter } from './parse-filter.ts';

/** A test for documents made from a filter's text. Empty or absent: all pass. Throws `invalid`. */
export function filterOf(text: string | undefined): (document: object) => boolean {
  const clauses = parseFilter(text ?? '');
  return (document) => matches(clauses, document);
}

/** From left to right, without precedence: `a or b and c` means `(a or b) and c`. */
function matches(clauses: readonly Clause[], document: object): boolean {
  return clauses.reduce((before, clause) => {
    if (clause.join === 'and') return before && holds(clause, document);
    return before || holds(clause, document);
  }, true);
}

function holds({ field, operator, value, isNegated }: Clause, document: object): boolean {
  const found = fieldOf(document, field);
  const isScalar = typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean';
  const isEqual = isScalar && String(found) === value;
  return (isEqual === (operator === 'eq')) !== isNegated;
}

/** Keys may hold dots themselves: `config.image.os` is the key `image.os` of `config`. The longest key wins. */
function fieldOf(document: object, field: string): unknown {
  const values = document as Record<string, unknown>;
  if (Object.hasOwn(values, field)) return values[field];
  for (let end = field.lastIndexOf('.'); end > 0; end = field.lastIndexOf('.', end - 1)) {
    const key = field.slice(0, end);
    const inner = Object.hasOwn(values, key) ? values[key] : undefined;
    if (typeof inner === 'object' && inner !== null) return fieldOf(inner, field.slice(end + 1));
  }
  return undefined;
}
