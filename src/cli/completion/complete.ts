import { settlesWithin } from '#base/wait.ts';
import { Client } from '#client/client.ts';
import { socketPath } from '#client/socket-path.ts';
import type { Command, Group, OptionSpec } from '../command.ts';
import { isGroup } from '../command.ts';
import { globalOptions } from '../globals.ts';
import { splitLine } from '../line.ts';
import { followWords, kebab } from '../parser.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Candidate, type Completer, words as someWords } from './candidates.ts';

// What the shells' scripts understand: bits that were cobra's first.
const noSpace = 2;
const noFiles = 4;
// A shell waits for us while somebody looks at it.
const patienceMs = 1500;

interface Offer {
  candidates: Candidate[];
  orFiles: boolean;
}

const nothing: Offer = { candidates: [], orFiles: false };

/**
 * Answers a shell: what may stand in the place of the last word. One candidate a line, `value<TAB>help`, then
 * `:bits`. A daemon that is away or slow has nothing to offer.
 */
export async function complete(
  surroundings: Surroundings,
  root: Group,
  given: readonly string[],
): Promise<void> {
  let offer = nothing;
  const asking = offerFor(surroundings, root, given).then(
    (found) => {
      offer = found;
    },
    () => {},
  );
  await settlesWithin(asking, patienceMs);
  const values = offer.candidates.map(({ value }) => value);
  const isOpen = values.length > 0 && values.every((value) => /[=/.]$/.test(value));
  const lines = offer.candidates.map(({ value, help }) => `${value}\t${(help ?? '').replace(/\s+/g, ' ')}\n`);
  surroundings.stdout.write(`${lines.join('')}:${(isOpen ? noSpace : 0) + (offer.orFiles ? 0 : noFiles)}\n`);
}

async function offerFor(surroundings: Surroundings, root: Group, given: readonly string[]): Promise<Offer> {
  const word = given.at(-1) ?? '';
  const { leading, words } = splitLine(given.slice(0, -1));
  const { path, rest } = await followWords(root, words);
  const end = path.at(-1)?.entry ?? root;
  const place = isGroup(end) ? await inGroup(end, word, rest) : inCommand(end, word, rest);
  const client = new Client(socketPath(globalsOf([...leading, ...rest]), surroundings.env));
  const candidates =
    (await place.completer?.candidates?.({ client, word: place.word, args: place.args })) ?? [];
  return {
    candidates: candidates
      .map((candidate) => ({ ...candidate, value: `${place.prefix}${candidate.value}` }))
      .filter(({ value }) => value.startsWith(word)),
    orFiles: place.completer?.orFiles === true,
  };
}

/** What is to be completed: the word without the `--option=` before it, and who knows how. */
interface Place {
  completer: Completer | undefined;
  word: string;
  prefix: string;
  args: readonly string[];
}

async function inGroup(group: Group, word: string, rest: readonly string[]): Promise<Place> {
  const place = { word, prefix: '', args: [] };
  if (rest.length > 0) return { ...place, completer: undefined };
  const entries = Object.entries(group.commands).map(async ([value, load]) => ({
    value,
    help: (await load()).summary,
  }));
  const commands = await Promise.all(entries);
  return { ...place, completer: { candidates: () => commands } };
}

function inCommand(command: Command, word: string, rest: readonly string[]): Place {
  const options = optionsOf(command);
  const { args, open, isPlain } = readWords(rest, options);
  const place = { word, prefix: '', args };
  if (open) return { ...place, completer: open.complete };
  if (isPlain) return { ...place, completer: undefined };
  const assigned = /^(--[a-z-]+=)(.*)$/.exec(word);
  if (assigned) {
    const [, prefix = '', value = ''] = assigned;
    return { ...place, prefix, word: value, completer: options.get(prefix.slice(0, -1))?.complete };
  }
  if (word.startsWith('-')) return { ...place, completer: { candidates: () => optionNames(options) } };
  const specs = Object.values(command.arguments);
  const last = specs.at(-1);
  const isMany = last?.arity === 'some' || last?.arity === 'any';
  return { ...place, completer: (specs[args.length] ?? (isMany ? last : undefined))?.complete };
}

type Options = ReadonlyMap<string, OptionSpec>;

/** Options under each of their names, `-c` and `--config`. */
function optionsOf({ options, formats }: Command): Options {
  const format: Record<string, OptionSpec> = formats
    ? {
        format: {
          help: 'How to show it',
          short: 'f',
          value: 'format',
          isRepeatable: false,
          complete: someWords(...formats),
          parse: (text) => text,
        },
      }
    : {};
  return new Map(
    Object.entries({ ...options, ...format, ...globalOptions }).flatMap(([name, spec]) => {
      const long: [string, OptionSpec] = [`--${kebab(name)}`, spec];
      return spec.short === undefined ? [long] : [long, [`-${spec.short}`, spec]];
    }),
  );
}

const optionNames = (options: Options): Candidate[] =>
  [...options].filter(([name]) => name.startsWith('--')).map(([value, { help }]) => ({ value, help }));

/** Tells arguments from options. `open`: the last option still wants its value; `isPlain`: after a `--`. */
function readWords(rest: readonly string[], options: Options) {
  const args: string[] = [];
  let open: OptionSpec | undefined;
  for (const each of rest) {
    if (open) open = undefined;
    else if (each === '--') return { args, open, isPlain: true };
    else if (!each.startsWith('-') || each === '-') args.push(each);
    else if (options.get(each)?.value !== undefined) open = options.get(each);
  }
  return { args, open, isPlain: false };
}

function globalsOf(line: readonly string[]): { dir?: string; socket?: string } {
  const valueOf = (name: string) => {
    const at = line.findIndex((each) => each === name || each.startsWith(`${name}=`));
    return line[at] === name ? line[at + 1] : line[at]?.slice(name.length + 1);
  };
  const dir = valueOf('--dir');
  const socket = valueOf('--socket');
  return { ...(dir !== undefined && { dir }), ...(socket !== undefined && { socket }) };
}
