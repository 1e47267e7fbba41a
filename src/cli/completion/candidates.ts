import type { Client } from '#client/client.ts';

/** Something that may be typed next. */
export interface Candidate {
  value: string;
  help?: string;
}

/** What stands before the word to complete. */
export interface Completing {
  client: Client;
  /** The beginning of the word. */
  word: string;
  /** Arguments of the command before it. */
  args: readonly string[];
}

/** Offers candidates; those that do not begin like the word are dropped later. `files`: the shell knows them. */
export type Completer = 'files' | ((completing: Completing) => Promise<Candidate[]> | Candidate[]);
