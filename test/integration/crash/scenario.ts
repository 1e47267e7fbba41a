import type { MortalHost } from '../../harness/mortal-host.ts';

export interface HasHost {
  host: MortalHost;
  /** What it plays with, for people. */
  label: string;
}

/** How one operation is asked for, and what tells whether it has been done. */
export interface Scenario<Stage extends HasHost> {
  /** Kind of the operation. */
  kind: string;
  /** What is particular about it, where a kind has several. */
  variant?: string;
  /** Brings the stage to where the operation may begin. There already: changes nothing. */
  prepare(stage: Stage): Promise<void>;
  /** The user's command. Resolves when it was acknowledged; may fail in any way when the daemon dies. */
  act(stage: Stage): Promise<void>;
  /** Throws when it is neither wholly done nor wholly not. */
  isDone(stage: Stage): Promise<boolean>;
}

export const titleOf = ({ kind, variant }: Scenario<never>): string =>
  [kind, variant].filter(Boolean).join(' ');
