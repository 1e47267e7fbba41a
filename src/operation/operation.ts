import type { OperationProgress, OperationView } from '#model/operation.ts';

/**
 * A long job: named steps, each undoable, each safe to run twice, journalled before it acts.
 *
 * `Input` and `Work` are plain JSON: they are in the journal, and a daemon that comes after a crash reads them.
 * `Deps` are the live objects (engine, pool, store …) that steps use.
 */
export interface OperationDefinition<Input, Work extends object, Deps> {
  kind: string;
  /** `Creating instance web1`. */
  describe(input: Input): string;
  /** Kind of object to names, such as `{ instances: ['web1'] }`; shown to users and used for locking. */
  resources(input: Input): Record<string, string[]>;
  /** What is locked besides and shown to nobody: objects by what never changes, as their names may. */
  locks?(input: Input): Record<string, string[]>;
  steps: readonly Step<Input, Work, Deps>[];
  /** What to do with one that a crash interrupted. */
  afterCrash: 'finish' | 'undo';
  /** Default: no. Cancelling aborts the signal of the running step, then takes back what was done. */
  isCancellable?: boolean;
  /**
   * It ends something, or brings it back to where it was: on a full disk it may use the room that is kept back. What
   * is taken back always may.
   */
  usesReserve?: boolean;
  /** What came out of it, shown when it has succeeded. */
  result?(input: Input, work: Work): Record<string, unknown>;
}

export interface Step<Input, Work extends object, Deps> {
  /** Unique in its operation. Journals name it: under a new name, what a crash interrupted is left as it is. */
  name: string;
  do(context: StepContext<Input, Work, Deps>): Promise<void>;
  /**
   * Takes back what `do` did, wholly or in part, or not at all yet. Absent: there is nothing to take back.
   * When it fails, the steps before it are left as they are, and it is tried again: soon, or by a later daemon long
   * after, when a name may belong to another object. Its signal never aborts.
   */
  undo?(context: StepContext<Input, Work, Deps>): Promise<void>;
}

export interface StepContext<Input, Work extends object, Deps> {
  readonly operationId: string;
  readonly project: string;
  readonly input: Input;
  /** What steps leave for later ones. Written to the journal before the next step begins. */
  readonly work: Partial<Work>;
  readonly deps: Deps;
  readonly signal: AbortSignal;
  report(progress: OperationProgress): void;
  /** Writes `work` to the journal now: for a choice that must be known after a crash, before it is acted on. */
  remember(): Promise<void>;
}

/** What an operation works on, as its definition tells it. */
export interface Lockable {
  resources: Record<string, string[]>;
  locks: Record<string, string[]>;
}

/** A started operation. */
export interface OperationHandle {
  readonly id: string;
  view(): OperationView;
  /** Resolves to the final view, whatever it is; never rejects. */
  finished: Promise<OperationView>;
}

/** For jobs with a life of their own (exec, console, waits) that need no journal: they end with the daemon. */
export interface SessionOptions {
  kind: string;
  description: string;
  resources: Record<string, string[]>;
  project: string;
  /** What others see before it is done, such as the exec's `fds`. */
  result?: Record<string, unknown>;
}

/** Everything that starts, lists and ends operations. */
export interface Operations {
  /**
   * Resolves when it is in the journal: from then on a crash cannot lose it. Throws `busy` when another one works
   * on one of its resources, `unavailable` after `close`, and whatever `confirm` throws: that is asked once the
   * locks are held, and before anything else.
   */
  start<Input, Work extends object, Deps>(
    definition: OperationDefinition<Input, Work, Deps>,
    input: Input,
    options: { project: string; deps: Deps; confirm?: () => Promise<void> },
  ): Promise<OperationHandle>;
  /**
   * Runs `work` as a cancellable operation without steps or journal. What it resolves to is added to the result.
   * It holds its resources for nobody else: many sessions of one instance go on at once.
   */
  session(
    options: SessionOptions,
    work: (signal: AbortSignal) => Promise<Record<string, unknown>>,
  ): OperationHandle;
  list(project?: string): OperationView[];
  /** Those that work on one of these objects now: whatever wants to begin on it is refused as `busy`. */
  findHolders(project: string, objects: Lockable): OperationHandle[];
  /** Throws `not-found`. */
  get(id: string): OperationHandle;
  /** Asks it to stop and take back what it did. Throws `not-found`, or `wrong-state` when it cannot be cancelled. */
  cancel(id: string): void;
  /** Told of every change of every operation; of progress at most ten times a second. */
  onChange(listener: (view: OperationView) => void): void;
  /**
   * Finishes or undoes what a crash interrupted, in the order in which it was started. What this version does
   * not know, or cannot undo now, stays in the journal and is reported as `failed`.
   */
  recover(
    resolve: (
      kind: string,
    ) => { definition: OperationDefinition<never, object, never>; deps: unknown } | undefined,
  ): Promise<RecoveredOperation[]>;
  /** Refuses new ones, cancels what is cancellable and waits for the rest, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export interface RecoveredOperation {
  id: string;
  kind: string;
  outcome: 'finished' | 'undone' | 'failed';
  fault?: string;
}
