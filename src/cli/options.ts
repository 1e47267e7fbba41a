import type { Command, OptionSpec, OptionSpecs } from './command.ts';
import { oneOf } from './command.ts';
import { globalOptions } from './globals.ts';

/** The options of a command besides those that all have. */
export function optionsOf({ options, formats }: Command): OptionSpecs {
  const [preset, ...others] = formats ?? [];
  if (preset === undefined) return options;
  // -f is --force where there is force; commands that show something have none.
  const format = oneOf([preset, ...others], {
    value: 'format',
    short: 'f',
    help: `How to show it: ${[preset, ...others].join(', ')} (default: ${preset})`,
  });
  return { ...options, format };
}

/** `noProfiles` as it is typed: `no-profiles`. */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Options under each name by which they are typed, `-c` and `--config`. */
export type TypedOptions = ReadonlyMap<string, OptionSpec>;

/** All options that a command understands. */
export function typedOptions(command: Command): TypedOptions {
  return new Map(
    Object.entries({ ...optionsOf(command), ...globalOptions }).flatMap(([name, spec]) => {
      const long: [string, OptionSpec] = [`--${kebab(name)}`, spec];
      return spec.short === undefined ? [long] : [long, [`-${spec.short}`, spec]];
    }),
  );
}

/** What a word behind a command is. `open`: an option whose value is the next word; `plain`: after `--`. */
export type WordKind = 'option' | 'open' | 'value' | 'argument' | 'end' | 'plain';

/** Tells options, their values and arguments apart, as the parser will. */
export function wordKinds(words: readonly string[], options: TypedOptions): WordKind[] {
  let before: WordKind | undefined;
  return words.map((word) => {
    before = kindOf(word, before, options);
    return before;
  });
}

function kindOf(word: string, before: WordKind | undefined, options: TypedOptions): WordKind {
  if (before === 'open') return 'value';
  if (before === 'end' || before === 'plain') return 'plain';
  if (word === '--') return 'end';
  if (!word.startsWith('-') || word === '-') return 'argument';
  return options.get(word)?.value === undefined ? 'option' : 'open';
}

/**
 * Where a command runs another one, what follows its first arguments is that one's: `exec web1 ls -l` is
 * `exec web1 -- ls -l`.
 */
export function sealWords(command: Command, words: readonly string[]): string[] {
  if (command.ownArguments === undefined) return [...words];
  const kinds = wordKinds(words, typedOptions(command));
  const places = kinds.flatMap((kind, index) => (kind === 'argument' ? [index] : []));
  const first = places[command.ownArguments];
  if (first === undefined || kinds.includes('end')) return [...words];
  return [...words.slice(0, first), '--', ...words.slice(first)];
}
