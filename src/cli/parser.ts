import { Command as Parser, InvalidArgumentError, Option } from 'commander';
import type {
  ArgumentSpec,
  Command,
  Entry,
  Group,
  Lazy,
  OptionSpec,
  OptionSpecs,
  ValuesOf,
} from './command.ts';
import { isGroup } from './command.ts';
import { type GlobalValues, globalOptions } from './globals.ts';
import { kebab, optionsOf } from './options.ts';
import { flowing } from './output/text.ts';

/** A command with the values that it was called with. */
export interface Call {
  command: Command;
  args: Record<string, unknown>;
  options: Record<string, unknown>;
  globals: GlobalValues;
  format: string | undefined;
}

export type OnCall = (call: Call) => Promise<void>;

/** A step down the tree. */
export interface Step {
  name: string;
  entry: Entry;
}

/**
 * Follows words down the tree as far as they lead, and loads nothing else: loading is what takes the time of a
 * command line.
 */
export async function followWords(
  root: Group,
  words: readonly string[],
): Promise<{ path: Step[]; rest: string[] }> {
  const path: Step[] = [];
  let group: Group | undefined = root;
  for (const word of words) {
    const name: string = group?.aliases?.[word] ?? word;
    const load: Lazy<Entry> | undefined =
      group && Object.hasOwn(group.commands, name) ? group.commands[name] : undefined;
    if (!load) break;
    const entry: Entry = await load();
    path.push({ name, entry });
    group = isGroup(entry) ? entry : undefined;
  }
  return { path, rest: words.slice(path.length) };
}

/** Gives commander's parser the part of the tree along a path, and below its end everything, to choose from. */
export async function growParser(
  parser: Parser,
  group: Group,
  path: readonly Step[],
  onCall: OnCall,
): Promise<void> {
  const [step, ...rest] = path;
  const names = step ? [step.name] : Object.keys(group.commands);
  for (const name of names) {
    const entry = step?.entry ?? (await group.commands[name]?.());
    if (!entry) continue;
    const child = startParser(parser, group, name, entry);
    if (isGroup(entry)) {
      if (step) await growParser(child, entry, rest, onCall);
    } else {
      describeCommand(child, entry, onCall);
    }
    parser.addCommand(child);
  }
}

function startParser(parent: Parser, group: Group, name: string, entry: Entry): Parser {
  const parser = parent.createCommand(name).copyInheritedSettings(parent);
  parser.summary(entry.summary).description(`${entry.summary}.`);
  parser.helpCommand(false).helpOption('-h, --help', 'Show this help');
  const heading = Object.entries(group.headings ?? {}).find(([, names]) => names.includes(name))?.[0];
  if (heading !== undefined) parser.helpGroup(`${heading}:`);
  for (const [alias, target] of Object.entries(group.aliases ?? {})) if (target === name) parser.alias(alias);
  return parser;
}

function describeCommand(parser: Parser, command: Command, onCall: OnCall): void {
  if (command.description) parser.description(`${command.summary}.\n\n${flowing(command.description)}`);
  for (const [name, spec] of Object.entries(command.arguments)) {
    parser.argument(argumentSyntax(name, spec), spec.help);
  }
  parser.optionsGroup('Options:');
  const options = optionsOf(command);
  for (const [name, spec] of Object.entries(options)) parser.addOption(toOption(name, spec));
  parser.optionsGroup('Global options:');
  for (const [name, spec] of Object.entries(globalOptions)) parser.addOption(toOption(name, spec));
  parser.addHelpText('after', () => examplesText(command));
  parser.action(async () => {
    const given = parser.opts<Record<string, unknown>>();
    await onCall({
      command,
      args: argumentValues(command, parser.processedArgs),
      options: optionValues(command.options, given),
      globals: optionValues(globalOptions, given),
      format: (given.format as string | undefined) ?? command.formats?.[0],
    });
  });
}

export function argumentSyntax(name: string, { arity }: ArgumentSpec): string {
  const shown = kebab(name);
  const syntax = { one: `<${shown}>`, optional: `[${shown}]`, some: `<${shown}...>`, any: `[${shown}...]` };
  return syntax[arity];
}

/** `-c, --config <key=value>`. */
export function optionSyntax(name: string, { short, value }: OptionSpec): string {
  const long = `--${kebab(name)}${value === undefined ? '' : ` <${value}>`}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

export function toOption(name: string, spec: OptionSpec): Option {
  const option = new Option(optionSyntax(name, spec), spec.help);
  if (spec.value === undefined) return option;
  return option.argParser((text, before: unknown) => {
    const value = tryParse(spec, text);
    return spec.isRepeatable ? [...((before as unknown[] | undefined) ?? []), value] : value;
  });
}

function tryParse(spec: OptionSpec, text: string): unknown {
  try {
    return spec.parse(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function argumentValues(command: Command, processed: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(command.arguments).map(([name, { arity }], index) => {
      const isMany = arity === 'some' || arity === 'any';
      return [name, isMany ? (processed[index] ?? []) : processed[index]];
    }),
  );
}

function optionValues<O extends OptionSpecs>(
  specs: O,
  given: Readonly<Record<string, unknown>>,
): ValuesOf<O> {
  const values = Object.entries(specs).map(([name, spec]) => {
    if (spec.value === undefined) return [name, isSet(name, given)];
    return [name, given[name] ?? (spec.isRepeatable ? [] : undefined)];
  });
  return Object.fromEntries(values) as ValuesOf<O>;
}

/** For commander --no-profiles is the opposite of a flag --profiles, whether there is one or not. */
function isSet(name: string, given: Readonly<Record<string, unknown>>): boolean {
  const [, first, rest] = /^no([A-Z])(.*)$/.exec(name) ?? [];
  return first === undefined ? given[name] === true : given[`${first.toLowerCase()}${rest}`] === false;
}

function examplesText({ examples }: Command): string {
  if (examples.length === 0) return '';
  return `\nExamples:\n${examples.map(({ line, note }) => `  ${note}:\n    ${line}\n`).join('\n')}`;
}
