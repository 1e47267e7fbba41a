// Pieces of manual pages, in the words of man(7).

/** Text as it is: what roff would take for a request, an escape or a hyphen is not taken for one. */
const literally = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');

/** A line of text; what stands between backticks is bold. */
export const prose = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? literally(part) : `\\fB${literally(part)}\\fP`))
    .join('');

/** Paragraphs, where an empty line stands between them. Single lines stay lines. */
export const paragraphs = (text: string): string =>
  text
    .split('\n\n')
    .map((part) => `.PP\n${part.split('\n').map(prose).join('\n.br\n')}\n`)
    .join('');

/** What is written as it is typed. */
export const verbatim = (text: string): string => `.PP\n.nf\n.RS 4\n${literally(text)}\n.RE\n.fi\n`;

/** A term, and below it what it means. */
export const item = (term: string, meaning: string): string =>
  `.TP\n\\fB${literally(term)}\\fP\n${prose(meaning)}\n`;

export const section = (title: string, body: string): string => `.SH ${quoted(title)}\n${body}`;
export const subsection = (title: string, body: string): string => `.SS ${quoted(title)}\n${body}`;

export interface PageTitle {
  /** `wadah-launch`. */
  name: string;
  /** Of the manual: 1 for programs, 8 for those of an administrator. */
  section: 1 | 8;
  /** A line that apropos(1) shows. */
  summary: string;
  version: string;
}

/** The head of a page, with its section NAME. */
export const heading = ({ name, section: number, summary, version }: PageTitle): string =>
  `.TH ${quoted(name.toUpperCase())} ${number} "" ${quoted(`Wadah ${version}`)} "Wadah"\n.nh\n.ad l\n` +
  section('NAME', `${literally(name)} \\- ${prose(summary)}\n`);

const quoted = (text: string): string => `"${literally(text).replaceAll('"', '\\(dq')}"`;
