import type { Style } from './table.ts';
import { printable } from './text.ts';

/** Named facts, some of them with further facts below; what is empty is left out. */
export interface Facts {
  readonly [name: string]: string | Facts;
}

/** One line each, further facts indented below their name. `styles` colour the facts of a name. */
export function factLines(facts: Facts, styles: Readonly<Record<string, Style>> = {}, indent = ''): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      if (typeof value === 'string') {
        const text = printable(value.trim());
        return text === '' ? '' : `${indent}${printable(name)}: ${styles[name]?.(text) ?? text}\n`;
      }
      const below = factLines(value, {}, `${indent}  `);
      return below === '' ? '' : `${indent}${printable(name)}:\n${below}`;
    })
    .join('');
}
