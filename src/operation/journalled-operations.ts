import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '#base/clock.ts';
import type { Logger } from '#base/logger.ts';
import { settlesWithin } from '#base/wait.ts';
import { asFault, Fault } from '#model/fault.ts';
import { isFinal, type OperationView } from '#model/operation.ts';
import type { Store } from '#store/store.ts';
import { FinishedOperations } from './finished-operations.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { OperationLeaf, type Leaves } from './leaves.ts';
import { LeftOvers } from './left-overs.ts';
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
import { type BorrowReserve, noReserve, tellingBorrow, orWithReserve } from './reserve.ts';
import { ResourceLocks } from './resource-locks.ts';
import { runSession } from './run-session.ts';
import { type Run, type RunOutcome, StepRunner } from './run-steps.ts';

export interface OperationsOptions {
  /** The node store: journals are of no use on another host. */
  store: Store;
  leaves: Leaves;
  logger: Logger;
  clock?: Clock;
  borrowReserve?: BorrowReserve;
}

type AnyRun = Pick<Run<unknown, object, unknown>, 'definition' | 'deps' | 'entry' | 'live'>;

/** The operations of one daemon. */
export class JournalledOperations implements Operations {
  readonly #journal: Journal;
  readonly #leaves: Leaves;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #borrowReserve: BorrowReserve;
  readonly #locks = new ResourceLocks();
  readonly #operations = new Map<string, LiveOperation>();
  readonly #finished: FinishedOperations;
  readonly #leftOvers: LeftOvers;
  readonly #listeners: ((view: OperationView) => void)[] = [];
  #isClosed = false;

  constructor(options: OperationsOptions) {
    const { store, leaves, logger, clock = systemClock, borrowReserve = noReserve } = options;
    this.#journal = new Journal(store);
    this.#leaves = leaves;
    this.#logger = logger;
    this.#clock = clock;
    this.#borrowReserve = tellingBorrow(borrowReserve, logger);
    this.#leftOvers = new LeftOvers(clock);
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
      const borrow = definition.usesReserve ? this.#borrowReserve : noReserve;
      await orWithReserve(borrow, () => this.#journal.write(entry));
    } catch (error) {
      this.#end(live, { state: 'failed', fault: faultView(asFault(error)) });
      throw error;
    }
    const run = { definition, deps, entry, live } as unknown as AnyRun; // the definition and its input fit
    void this.#carryOut(run, 'finish');
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

  /** Takes back now what could not be taken back before; by itself that is tried now and then. */
  async retryLeft(): Promise<void> {
    await this.#leftOvers.retry();
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#leftOvers.close();
    const running = [...this.#operations.values()].filter((live) => !isFinal(live.view().state));
    for (const live of running) if (live.view().isCancellable) live.cancel();
    await settlesWithin(Promise.all(running.map(({ finished }) => finished)), graceMs);
  }

  /** What goes on with an operation that another daemon began, or was left, when its turn comes. */
  #recovery(
    entry: JournalEntry,
    definition: AnyDefinition | undefined,
    deps: unknown,
    id = entry.id,
  ): () => Promise<RecoveredOperation> {
    const { kind, createdAt, input, project } = entry;
    try {
      const fitting = requireFitting(definition, entry);
      const live = this.#newOperation(fitting, input, { project, id, createdAt });
      this.#locks.claimFree(live);
      this.#operations.set(id, live);
      const run = { definition: fitting, deps, entry, live };
      return async () => recoveredOf(entry, await this.#carryOut(run, 'recover'));
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

  /** Takes it through its steps, or back. What cannot be taken back now is tried again later. */
  #carryOut(run: AnyRun, way: 'finish' | 'recover'): Promise<RunOutcome> {
    const { entry, live } = run;
    const runner = new StepRunner({
      ...run,
      leaf: new OperationLeaf(this.#leaves, entry.id),
      journal: this.#journal,
      borrowReserve: this.#borrowReserve,
      logger: this.#logger,
    });
    return this.#conduct(live, async () => {
      const outcome = await runner[way]();
      if (outcome.isLeft) this.#leave(run);
      return outcome;
    });
  }

  #leave(run: AnyRun): void {
    const { entry, definition, deps, live } = run;
    this.#leftOvers.add(async () => {
      if (this.#locks.isFree(live)) await this.#recovery(entry, definition, deps, randomUUID())();
      else this.#leave(run);
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
