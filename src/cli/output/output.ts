import { stripVTControlCharacters, styleText } from 'node:util';
import type { Fault } from '#model/fault.ts';
import type { OutputStream, Surroundings } from '../surroundings.ts';
import { Progress } from './progress.ts';
import { type Cell, formatTable } from './table.ts';
import { printableLines } from './text.ts';

export type Paint = Parameters<typeof styleText>[0];

export interface OutputChoice {
  isQuiet: boolean;
  isVerbose: boolean;
  isDebugging: boolean;
  /** One of the command's formats. */
  format: string | undefined;
}

/** What a list is shown as. The first is the default. */
export const listFormats = ['table', 'compact', 'csv', 'json', 'yaml'] as const;
/** For one thing that people read. */
export const textFormats = ['text', 'json', 'yaml'] as const;
/** For one thing that people may write back. */
export const documentFormats = ['yaml', 'json'] as const;

export interface Column<Row> {
  head: string;
  text(row: Row): string;
  paint?(row: Row): Paint | undefined;
}

/** Everything that is shown. Results go to standard output; progress, warnings and errors to standard error. */
export class Output {
  readonly progress: Progress;
  readonly choice: OutputChoice;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #isUnicode: boolean;

  constructor({ stdout, stderr, env }: Surroundings, choice: OutputChoice) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.choice = choice;
    this.progress = new Progress(stderr, choice);
    this.#isUnicode = /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
  }

  /** A result: one text, ended by a newline. */
  print(text: string): void {
    this.progress.erase();
    this.#stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** What a guest wrote, as it is; a terminal is spared its escape sequences. */
  printLog(text: string): void {
    if (text === '') return;
    this.print(
      this.#stdout.isTTY ? printableLines(stripVTControlCharacters(text.replaceAll('\r', ''))) : text,
    );
  }

  /** What was done. Scripts that know anyway say --quiet. */
  say(text: string): void {
    if (!this.choice.isQuiet) this.print(printableLines(text));
  }

  /** A tip for people at a terminal. */
  advise(text: string): void {
    if (!this.choice.isQuiet && this.#stdout.isTTY && this.#stderr.isTTY) this.#tell('Hint', 'cyan', text);
  }

  /** What is going on, for people only: it is no result. */
  note(text: string): void {
    this.progress.erase();
    this.#stderr.write(`${printableLines(text)}\n`);
  }

  /** Something that does not stop us. */
  warn(text: string): void {
    this.#tell('Warning', 'yellow', text);
  }

  fail(fault: Fault): void {
    this.#tell('Error', 'red', fault.message);
    if (fault.hint) this.#tell('Hint', 'cyan', fault.hint);
    this.debug(String(fault.stack));
    if (fault.cause !== undefined) this.debug(`Cause: ${stackOf(fault.cause)}`);
  }

  /** For --debug. */
  debug(text: string): void {
    if (this.choice.isDebugging) this.note(text);
  }

  paint(style: Paint, text: string): string {
    return hasColours(this.#stdout) ? coloured(style, text) : text;
  }

  /** Rows as --format asks. `documents` is what machines read instead of the columns. */
  async list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], documents: unknown): Promise<void> {
    const { format } = this.choice;
    if (format === 'json' || format === 'yaml') return await this.document(documents);
    if (format === 'csv') return void this.#stdout.write(csv(rows, columns));
    const cells = rows.map((row) => columns.map((column) => this.#cell(row, column)));
    const bordered = this.#isUnicode ? 'unicode' : 'ascii';
    this.print(
      formatTable({
        head: columns.map((column) => column.head),
        rows: cells,
        borders: format === 'compact' ? 'none' : bordered,
        headStyle: (text) => this.paint('bold', text),
        maxWidth: this.#stdout.isTTY ? this.#stdout.columns : undefined,
      }),
    );
  }

  /** One thing as JSON, or as YAML. */
  async document(value: unknown): Promise<void> {
    if (this.choice.format === 'json') return this.print(JSON.stringify(value, null, 2));
    const { stringify } = await import('yaml');
    this.print(stringify(value, { lineWidth: 0 }));
  }

  #cell<Row>(row: Row, column: Column<Row>): Cell {
    const paint = column.paint?.(row);
    const text = column.text(row);
    return paint === undefined ? { text } : { text, style: (shown) => this.paint(paint, shown) };
  }

  #tell(word: string, colour: Paint, text: string): void {
    this.progress.erase();
    const label = hasColours(this.#stderr)
      ? coloured(['bold', colour].flat() as Paint, `${word}:`)
      : `${word}:`;
    this.#stderr.write(`${label} ${printableLines(text)}\n`);
  }
}

const stackOf = (error: unknown): string => String(error instanceof Error ? error.stack : error);

// Whether there are colours is decided here; by itself it would look at this process's standard output.
const coloured = (style: Paint, text: string): string => styleText(style, text, { validateStream: false });

/** NO_COLOR, FORCE_COLOR and TERM are Node's to judge. */
const hasColours = (stream: OutputStream): boolean => stream.isTTY === true && stream.hasColors?.() === true;

function csv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => `${columns.map((column) => quoted(column.text(row))).join(',')}\n`).join('');
}
