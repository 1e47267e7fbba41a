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

/** What may be typed. Candidates that do not begin like the word are dropped later. */
export interface Completer {
  candidates?(completing: Completing): Promise<Candidate[]> | Candidate[];
  /** Where no candidate fits, the shell offers its files. */
  orFiles?: true;
}

export const localFiles: Completer = { orFiles: true };

/** One of a few words. */
export const words = (...values: readonly string[]): Completer => ({
  candidates: () => values.map((value) => ({ value })),
});
