import { settlesWithin } from '#base/wait.ts';
import { Client } from '#client/client.ts';
import { socketPath } from '#client/socket-path.ts';
import type { Command, Group } from '../command.ts';
import { isGroup } from '../command.ts';
import { splitLine } from '../line.ts';
import { type TypedOptions, typedOptions, wordKinds } from '../options.ts';
import { followWords } from '../parser.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Candidate, Completer } from './candidates.ts';

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
  const options = typedOptions(command);
  const kinds = wordKinds(rest, options);
  const args = rest.filter((_, index) => kinds[index] === 'argument');
  const place = { word, prefix: '', args };
  if (kinds.at(-1) === 'open') return { ...place, completer: options.get(rest.at(-1) ?? '')?.complete };
  const isPassedOn = command.ownArguments !== undefined && args.length > command.ownArguments;
  if (isPassedOn || kinds.includes('end')) return { ...place, completer: undefined };
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

const optionNames = (options: TypedOptions): Candidate[] =>
  [...options].filter(([name]) => name.startsWith('--')).map(([value, { help }]) => ({ value, help }));

function globalsOf(line: readonly string[]): { dir?: string; socket?: string } {
  const valueOf = (name: string) => {
    const at = line.findIndex((each) => each === name || each.startsWith(`${name}=`));
    return line[at] === name ? line[at + 1] : line[at]?.slice(name.length + 1);
  };
  const dir = valueOf('--dir');
  const socket = valueOf('--socket');
  return { ...(dir !== undefined && { dir }), ...(socket !== undefined && { socket }) };
}
