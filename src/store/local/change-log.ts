import { Fault } from '#model/fault.ts';
import type { Change } from '../store.ts';

/** A change as the log keeps it; `json` is absent when the key was deleted. */
export interface LoggedChange {
  key: string;
  json: string | undefined;
  revision: bigint;
}

export interface ChangeLogLimits {
  changes: number;
  /** Characters of JSON text. */
  characters: number;
}

const defaultLimits: ChangeLogLimits = { changes: 4096, characters: 8 * 2 ** 20 };

/**
 * The newest changes, for watchers. All watchers read this one list at their own pace, so a slow one costs
 * nothing; one that falls behind the list's oldest change is told so.
 */
export class ChangeLog {
  readonly #limits: ChangeLogLimits;
  readonly #waiting = new Set<() => void>();
  #changes: LoggedChange[] = [];
  #characters = 0;
  /** Every change after this revision is in the list. */
  #compacted: bigint;
  #isClosed = false;

  constructor(revision: bigint, limits: ChangeLogLimits = defaultLimits) {
    this.#compacted = revision;
    this.#limits = limits;
  }

  /** Adds the changes of a commit, in the order of their revisions. */
  append(changes: readonly LoggedChange[]): void {
    for (const change of changes) {
      this.#changes.push(change);
      this.#characters += change.json?.length ?? 0;
    }
    this.#trim();
    this.#wake();
  }

  /** Changes of keys that start with `prefix`, after revision `after`. Ends when `signal` aborts. */
  async *follow<T>(prefix: string, after: bigint, signal: AbortSignal): AsyncGenerator<Change<T>, void> {
    let seen = after;
    while (!signal.aborted) {
      for (const { key, json, revision } of this.#since(seen)) {
        seen = revision;
        if (!key.startsWith(prefix)) continue;
        yield { key, value: json === undefined ? undefined : (JSON.parse(json) as T), revision };
        if (signal.aborted) return;
      }
      await this.#grown(seen, signal);
    }
  }

  /** Ends every watch with `unavailable`. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #since(after: bigint): readonly LoggedChange[] {
    if (this.#isClosed) throw new Fault('unavailable', 'The store is closed');
    if (after < this.#compacted) {
      throw new Fault('unavailable', `Changes after revision ${after} are no longer kept`, {
        hint: 'Read the range again and watch from its revision.',
      });
    }
    const first = this.#changes.findLastIndex(({ revision }) => revision <= after) + 1;
    return this.#changes.slice(first);
  }

  /** Resolves when there may be a change after `seen`, or `signal` aborts. */
  async #grown(seen: bigint, signal: AbortSignal): Promise<void> {
    const isBehind = (this.#changes.at(-1)?.revision ?? this.#compacted) > seen;
    if (isBehind || signal.aborted || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Drops the oldest changes beyond the limits, whole revisions at a time and never the newest one. */
  #trim(): void {
    const newest = this.#changes.at(-1)?.revision;
    let dropped = 0;
    while (this.#isTooLong(dropped) && this.#changes[dropped]?.revision !== newest) {
      const revision = this.#changes[dropped]?.revision ?? this.#compacted;
      while (this.#changes[dropped]?.revision === revision) {
        this.#characters -= this.#changes[dropped]?.json?.length ?? 0;
        dropped += 1;
      }
      this.#compacted = revision;
    }
    if (dropped > 0) this.#changes = this.#changes.slice(dropped);
  }

  #isTooLong(dropped: number): boolean {
    return (
      this.#changes.length - dropped > this.#limits.changes || this.#characters > this.#limits.characters
    );
  }
}
