import { printable, textWidth, truncate } from './text.ts';

// Our own, because cli-table3 took 18 ms for 40 rows and 270 ms for 1,000, which `list` would feel.

export type Style = (text: string) => string;

export interface Cell {
  text: string;
  style?: Style;
}

export interface TableOptions {
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** With lines around, or without any. */
  borders: 'none' | 'ascii' | 'unicode';
  headStyle: Style;
  /** Columns of the terminal; absent: as wide as needed. */
  maxWidth?: number | undefined;
}

interface Lines {
  top: readonly [string, string, string];
  middle: readonly [string, string, string];
  bottom: readonly [string, string, string];
  dash: string;
  bar: string;
}

const lines: Record<'ascii' | 'unicode', Lines> = {
  ascii: { top: ['+', '+', '+'], middle: ['+', '+', '+'], bottom: ['+', '+', '+'], dash: '-', bar: '|' },
  unicode: { top: ['┌', '┬', '┐'], middle: ['├', '┼', '┤'], bottom: ['└', '┴', '┘'], dash: '─', bar: '│' },
};

const narrowest = 6;

/** Lays rows out in columns, ends every line with a newline, and shortens the widest cells where they do not fit. */
export function formatTable(options: TableOptions): string {
  const head = options.head.map((text) => ({ text, style: options.headStyle }));
  const rows = [head, ...options.rows].map((row) =>
    row.map((cell) => ({ ...cell, text: printable(cell.text) })),
  );
  const natural = head.map((_, index) => Math.max(...rows.map((row) => textWidth(row[index]?.text ?? ''))));
  const overhead = options.borders === 'none' ? 2 * (head.length - 1) : 3 * head.length + 1;
  const widths = fit(natural, (options.maxWidth ?? Number.POSITIVE_INFINITY) - overhead);
  return options.borders === 'none' ? plain(rows, widths) : bordered(rows, widths, lines[options.borders]);
}

/** Takes from the widest columns until the sum is at most `available`; none gets narrower than six. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= narrowest) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function pad(cell: Cell, width: number): string {
  const text = truncate(cell.text, width);
  return (cell.style?.(text) ?? text) + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function plain(rows: readonly (readonly Cell[])[], widths: readonly number[]): string {
  const line = (row: readonly Cell[]) => row.map((cell, index) => pad(cell, widths[index] ?? 0)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function bordered(rows: readonly (readonly Cell[])[], widths: readonly number[], drawn: Lines): string {
  const rule = ([left, between, right]: readonly [string, string, string]) =>
    `${left}${widths.map((width) => drawn.dash.repeat(width + 2)).join(between)}${right}\n`;
  const text = rows.map((row) => {
    const cells = row.map((cell, index) => ` ${pad(cell, widths[index] ?? 0)} `);
    return `${drawn.bar}${cells.join(drawn.bar)}${drawn.bar}\n`;
  });
  const [head = '', ...body] = text;
  return [rule(drawn.top), head, rule(drawn.middle), ...body, rule(drawn.bottom)].join('');
}
