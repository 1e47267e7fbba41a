import type { Client } from '#client/client.ts';
import type { Interrupts } from './interrupts.ts';
import type { Output } from './output/output.ts';
import type { Surroundings } from './surroundings.ts';

/** What a command works with. */
export interface Context {
  readonly client: Client;
  readonly output: Output;
  readonly interrupts: Interrupts;
  readonly surroundings: Surroundings;
  /** Of the daemon that is talked to. */
  readonly stateFolder: string;
}
