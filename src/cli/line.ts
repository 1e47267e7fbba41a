/** The words of a command line. */
export interface Line {
  /** Options before the command; all commands understand them. */
  leading: string[];
  /** The command and what follows it. */
  words: string[];
}

const takesValue = (word: string | undefined): boolean => word === '--dir' || word === '--socket';

/** Tells options before the command from the rest. `help list` is another way to write `list --help`. */
export function splitLine(argv: readonly string[]): Line {
  let first = 0;
  while (argv[first]?.startsWith('-')) first += takesValue(argv[first]) ? 2 : 1;
  const leading = argv.slice(0, first);
  const words = argv.slice(first);
  return words[0] === 'help' ? { leading, words: [...words.slice(1), '--help'] } : { leading, words };
}
