import { type Clock, systemClock } from '#base/clock.ts';
import type { Logger } from '#base/logger.ts';
import { settlesWithin } from '#base/wait.ts';
import { asFault, Fault } from '#model/fault.ts';
import { isFinal, type OperationView } from '#model/operation.ts';
import type { Store } from '#store/store.ts';
import { FinishedOperations } from './finished-operations.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { OperationLeaf, type Leaves } from './leaves.ts';
import { faultView, LiveOperation, type NewOperation, type Outcome } from './live-operation.ts';
import type {
  Lockable,
  OperationDefinition,
  OperationHandle,
  Operations,
  RecoveredOperation,
  SessionOptions,
} from './operation.ts';
import { type AnyDefinition, recoveredOf, requireFitting } from './recovery.ts';
import { ResourceLocks } from './resource-locks.ts';
import { runSession } from './run-session.ts';
import { StepRunner } from './run-steps.ts';

export interface OperationsOptions {
  /** The node store: journals are of no use on another host. */
  store: Store;
  leaves: Leaves;
  logger: Logger;
  clock?: Clock;
}

/** The operations of one daemon. */
export class JournalledOperations implements Operations {
  readonly #journal: Journal;
  readonly #leaves: Leaves;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #locks = new ResourceLocks();
  readonly #operations = new Map<string, LiveOperation>();
  readonly #finished: FinishedOperations;
  readonly #listeners: ((view: OperationView) => void)[] = [];
  #isClosed = false;

  constructor({ store, leaves, logger, clock = systemClock }: OperationsOptions) {
    this.#journal = new Journal(store);
    this.#leaves = leaves;
    this.#logger = logger;
    this.#clock = clock;
    this.#finished = new FinishedOperations(clock, (id) => this.#operations.delete(id));
  }

  async start<Input, Work extends object, Deps>(
    definition: OperationDefinition<Input, Work, Deps>,
    input: Input,
    { project, deps, confirm }: { project: string; deps: Deps; confirm?: () => Promise<void> },
  ): Promise<OperationHandle> {
    this.#requireOpen();
    const live = this.#newOperation(definition, input, { project });
    this.#locks.claim(live);
    this.#operations.set(live.id, live);
    const { id, kind, createdAt } = live.view();
    const begun = definition.steps.slice(0, 1).map(({ name }) => name);
    const entry: JournalEntry = { id, kind, project, createdAt, input, work: {}, begun };
    try {
      await confirm?.();
      await this.#journal.write(entry);
    } catch (error) {
      this.#end(live, { state: 'failed', fault: faultView(asFault(error)) });
      throw error;
    }
    const runner = this.#runner(definition, deps, entry, live);
    void this.#conduct(live, () => runner.finish());
    return live;
  }

  session(
    options: SessionOptions,
    work: (signal: AbortSignal) => Promise<Record<string, unknown>>,
  ): OperationHandle {
    this.#requireOpen();
    const live = this.#live({ ...options, isCancellable: true });
    this.#operations.set(live.id, live);
    void this.#conduct(live, async () => {
      await Promise.resolve(); // the caller has its handle before anything happens
      return runSession(live, work, this.#logger);
    });
    return live;
  }

  list(project?: string): OperationView[] {
    const views = Array.from(this.#operations.values(), (live) => live.view());
    return project === undefined ? views : views.filter((view) => view.project === project);
  }

  findHolders(project: string, objects: Lockable): OperationHandle[] {
    return this.#locks.holders(project, objects);
  }

  get(id: string): LiveOperation {
    const live = this.#operations.get(id);
    if (live) return live;
    throw new Fault('not-found', `There is no operation "${id}"`, {
      hint: 'Finished operations are forgotten after half a minute.',
    });
  }

  cancel(id: string): void {
    this.get(id).cancel();
  }

  onChange(listener: (view: OperationView) => void): void {
    this.#listeners.push(listener);
  }

  async recover(
    resolve: (
      kind: string,
    ) => { definition: OperationDefinition<never, object, never>; deps: unknown } | undefined,
  ): Promise<RecoveredOperation[]> {
    const entries = await this.#journal.all();
    // All of them claim what they work on before the first one goes on, so that nobody comes in between.
    const recoveries = entries.map((entry) => {
      const resolved = resolve(entry.kind);
      return this.#recovery(entry, resolved?.definition, resolved?.deps);
    });
    const recovered: RecoveredOperation[] = [];
    for (const recover of recoveries) recovered.push(await recover());
    return recovered;
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#operations.values()].filter((live) => !isFinal(live.view().state));
    for (const live of running) if (live.view().isCancellable) live.cancel();
    await settlesWithin(Promise.all(running.map(({ finished }) => finished)), graceMs);
  }

  /** What goes on with an operation that another daemon began, when its turn comes. */
  #recovery(
    entry: JournalEntry,
    definition: AnyDefinition | undefined,
    deps: unknown,
  ): () => Promise<RecoveredOperation> {
    const { id, kind, createdAt, input, project } = entry;
    try {
      const fitting = requireFitting(definition, entry);
      const live = this.#newOperation(fitting, input, { project, id, createdAt });
      this.#locks.claimFree(live);
      this.#operations.set(id, live);
      const runner = this.#runner(fitting, deps, entry, live);
      return async () => recoveredOf(entry, await this.#conduct(live, () => runner.recover()));
    } catch (error) {
      this.#logger.error({ err: error, operation: id, kind }, 'an interrupted operation is left as it is');
      return async () => ({ id, kind, outcome: 'failed', fault: asFault(error).message });
    }
  }

  #newOperation<Input, Work extends object, Deps>(
    definition: OperationDefinition<Input, Work, Deps>,
    input: Input,
    rest: Pick<NewOperation, 'project' | 'id' | 'createdAt'>,
  ): LiveOperation {
    const { kind, isCancellable = false } = definition;
    return this.#live({
      ...rest,
      kind,
      description: definition.describe(input),
      resources: definition.resources(input),
      locks: definition.locks?.(input) ?? {},
      isCancellable,
    });
  }

  #live(operation: NewOperation): LiveOperation {
    return new LiveOperation(operation, this.#clock, (view) => this.#tell(view));
  }

  #runner<Input, Work extends object, Deps>(
    definition: OperationDefinition<Input, Work, Deps>,
    deps: Deps,
    entry: JournalEntry,
    live: LiveOperation,
  ): StepRunner<Input, Work, Deps> {
    const leaf = new OperationLeaf(this.#leaves, entry.id);
    return new StepRunner({
      definition,
      deps,
      entry,
      live,
      leaf,
      journal: this.#journal,
      logger: this.#logger,
    });
  }

  async #conduct<T extends Outcome>(live: LiveOperation, work: () => Promise<T>): Promise<T> {
    live.begin();
    const outcome = await work();
    this.#end(live, outcome);
    return outcome;
  }

  /** Whoever hears that it has ended may begin the next one on the same object. */
  #end(live: LiveOperation, outcome: Outcome): void {
    this.#locks.release(live);
    live.end(outcome);
    this.#finished.add(live.id);
  }

  #requireOpen(): void {
    if (!this.#isClosed) return;
    throw new Fault('unavailable', 'The daemon is shutting down', { hint: 'Try again when it is back.' });
  }

  #tell(view: OperationView): void {
    for (const listener of this.#listeners) {
      try {
        listener(view);
      } catch (error) {
        this.#logger.error({ err: error, operation: view.id }, 'a listener to operations failed');
      }
    }
  }
}
