import { heading, item, paragraphs, section, subsection, verbatim } from '#base/roff.ts';
import { version } from '#base/version.ts';
import type { Command, Entry, Group, OptionSpecs } from './command.ts';
import { isGroup } from './command.ts';
import { root } from './commands/root.ts';
import { exitCodes } from './exit-codes.ts';
import { globalOptions } from './globals.ts';
import { optionsOf } from './options.ts';
import { argumentSyntax, optionSyntax } from './parser.ts';
import { environment, exitStatusRule, usageOf } from './reference.ts';

/** Texts of all manual pages of section 1, by the names of their files: `wadah.1`, and `wadah-launch.1` for each command. */
export async function manPages(): Promise<Map<string, string>> {
  const entries = await entriesOf(root);
  const pages = entries.map(async ([name, entry]): Promise<[string, string]> => {
    const line = `wadah ${name}`;
    return [`wadah-${name}.1`, pageOf(line, entry.summary, await bodyOf(entry, line))];
  });
  return new Map([['wadah.1', overview(entries)], ...(await Promise.all(pages))]);
}

/** The text of `wadahd.8`; `help` is what `wadahd --help` prints. */
export function daemonManPage(help: string): string {
  const title = { name: 'wadahd', section: 8, summary: 'Runs the Wadah daemon', version } as const;
  return heading(title) + section('DESCRIPTION', verbatim(help.trimEnd())) + seeAlso(['wadah(1)']);
}

type NamedEntry = [name: string, entry: Entry];

const entriesOf = (group: Group): Promise<NamedEntry[]> =>
  Promise.all(
    Object.entries(group.commands).map(async ([name, load]): Promise<NamedEntry> => [name, await load()]),
  );

function pageOf(line: string, summary: string, body: string): string {
  const title = { name: line.replaceAll(' ', '-'), section: 1, summary, version } as const;
  return (
    heading(title) + body + section('OPTIONS OF ALL COMMANDS', options(globalOptions)) + seeAlso(['wadah(1)'])
  );
}

function overview(entries: readonly NamedEntry[]): string {
  const summaries = new Map(entries.map(([name, { summary }]) => [name, summary]));
  const groups = Object.entries(root.headings ?? {}).map(([title, names]) =>
    subsection(title, names.map((name) => item(`wadah-${name}(1)`, summaries.get(name) ?? '')).join('')),
  );
  const statuses = Object.values(exitCodes).map(({ status, meaning }) => item(String(status), meaning));
  return [
    heading({ name: 'wadah', section: 1, summary: root.summary, version }),
    section('SYNOPSIS', verbatim('wadah <command> [options] [arguments]\nwadah <command> --help')),
    section('COMMANDS', groups.join('')),
    section('OPTIONS OF ALL COMMANDS', options(globalOptions)),
    section('ENVIRONMENT', paragraphs(environment)),
    section('EXIT STATUS', paragraphs(exitStatusRule) + statuses.join('')),
    seeAlso(['wadahd(8)', ...Object.keys(root.commands).map((name) => `wadah-${name}(1)`)]),
  ].join('');
}

async function bodyOf(entry: Entry, line: string): Promise<string> {
  if (isGroup(entry)) return section('COMMANDS', await groupBody(entry, line));
  return section('DESCRIPTION', commandText(entry, line));
}

async function groupBody(group: Group, line: string): Promise<string> {
  const bodies = (await entriesOf(group)).map(async ([name, entry]) => {
    const path = `${line} ${name}`;
    return isGroup(entry) ? groupBody(entry, path) : subsection(path, commandText(entry, path));
  });
  return (await Promise.all(bodies)).join('');
}

/** Usage, description, arguments, options and examples, one below the other. */
function commandText(command: Command, line: string): string {
  const args = Object.entries(command.arguments).map(([name, spec]) =>
    item(argumentSyntax(name, spec), spec.help),
  );
  return [
    verbatim(usageOf(command, line)),
    paragraphs(
      [`${command.summary}.`, command.description].filter((text) => text !== undefined).join('\n\n'),
    ),
    ...args,
    options(optionsOf(command)),
    ...command.examples.map(({ line: example, note }) => paragraphs(`${note}:`) + verbatim(example)),
  ].join('');
}

const options = (specs: OptionSpecs): string =>
  Object.entries(specs)
    .map(([name, spec]) => item(optionSyntax(name, spec), spec.help))
    .join('');

const seeAlso = (pages: readonly string[]): string => section('SEE ALSO', paragraphs(pages.join(', ')));
