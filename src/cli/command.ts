import { type Completer, words } from './completion/candidates.ts';
import type { Context } from './context.ts';

/** One command of the tree, with everything that parsing, help, completion and the reference need. */
export interface Command<A extends ArgumentSpecs = ArgumentSpecs, O extends OptionSpecs = OptionSpecs> {
  /** One line, in the imperative, without a full stop. */
  summary: string;
  /** More for people who ask for help, below the summary. */
  description?: string;
  /** In their order on the command line; only the last may take many. */
  arguments: A;
  /** How many arguments come before a command line that is passed on as it is. */
  ownArguments?: number;
  options: O;
  examples: readonly Example[];
  /** What `--format` may be, the default first; absent: the command prints no data. */
  formats?: readonly string[];
  /** Resolves to the exit status when it is not 0. */
  run(context: Context, args: ValuesOf<A>, options: ValuesOf<O>): Promise<number | undefined | void>;
}

/** Commands under one word, such as `config`. They are loaded when they are asked for. */
export interface Group {
  summary: string;
  commands: Readonly<Record<string, Lazy<Entry>>>;
  /** Headings in help, each with the names below it; without them all stand together. */
  headings?: Readonly<Record<string, readonly string[]>>;
  /** Other names of commands. */
  aliases?: Readonly<Record<string, string>>;
}

export type Entry = Command | Group;
export type Lazy<T> = () => Promise<T>;

export const isGroup = (entry: Entry): entry is Group => 'commands' in entry;

export interface Example {
  /** What to type. */
  line: string;
  /** What it is good for. */
  note: string;
}

export interface ArgumentSpec<T = unknown> {
  help: string;
  arity: 'one' | 'optional' | 'some' | 'any';
  complete: Completer | undefined;
  /** Never there: carries the type. */
  readonly _value?: T;
}

export interface OptionSpec<T = unknown> {
  help: string;
  short: string | undefined;
  /** What stands for its value in help; absent: it takes none. */
  value: string | undefined;
  isRepeatable: boolean;
  complete: Completer | undefined;
  /** Throws Error with the reason when the text is no such value. */
  parse: (text: string) => unknown;
  readonly _value?: T;
}

export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type ValuesOf<S extends Readonly<Record<string, { _value?: unknown }>>> = {
  readonly [K in keyof S]: S[K] extends { _value?: infer T } ? T : never;
};

export function defineCommand<A extends ArgumentSpecs, O extends OptionSpecs>(
  command: Command<A, O>,
): Command<A, O> {
  return command;
}

/** An argument that must be there. */
export const one = (help: string, complete?: Completer): ArgumentSpec<string> => ({
  help,
  arity: 'one',
  complete,
});
/** An argument that may be left out. */
export const optional = (help: string, complete?: Completer): ArgumentSpec<string | undefined> => ({
  help,
  arity: 'optional',
  complete,
});
/** One argument or more. */
export const some = (help: string, complete?: Completer): ArgumentSpec<string[]> => ({
  help,
  arity: 'some',
  complete,
});
/** Any number of arguments. */
export const any = (help: string, complete?: Completer): ArgumentSpec<string[]> => ({
  help,
  arity: 'any',
  complete,
});

interface ValueOption<T> {
  help: string;
  short?: string;
  value: string;
  complete?: Completer;
  parse: (text: string) => T;
}

type TextOption = Omit<ValueOption<string>, 'parse'>;

const same = (text: string): string => text;

export const flag = (help: string, short?: string): OptionSpec<boolean> => ({
  help,
  short,
  value: undefined,
  isRepeatable: false,
  complete: undefined,
  parse: same,
});

export const text = (option: TextOption): OptionSpec<string | undefined> =>
  parsed({ ...option, parse: same });

export const parsed = <T>(option: ValueOption<T>): OptionSpec<T | undefined> => ({
  isRepeatable: false,
  short: undefined,
  complete: undefined,
  ...option,
});

/** One of a few words. */
export const oneOf = (choices: readonly string[], option: TextOption): OptionSpec<string | undefined> =>
  parsed({
    ...option,
    complete: words(...choices),
    parse(given) {
      if (choices.includes(given)) return given;
      throw new Error(`It is one of ${choices.join(', ')}.`);
    },
  });

/** May be given several times. */
export const list = (option: TextOption): OptionSpec<string[]> => ({
  isRepeatable: true,
  short: undefined,
  complete: undefined,
  parse: same,
  ...option,
});
