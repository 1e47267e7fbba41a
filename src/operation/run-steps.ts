import type { Logger } from '#base/logger.ts';
import { asFault, Fault } from '#model/fault.ts';
import type { Journal, JournalEntry, UndoReason } from './journal.ts';
import type { OperationLeaf } from './leaves.ts';
import { faultView, type LiveOperation, type Outcome } from './live-operation.ts';
import type { OperationDefinition, StepContext } from './operation.ts';
import { type BorrowReserve, noReserve, orWithReserve } from './reserve.ts';

export interface Run<Input, Work extends object, Deps> {
  definition: OperationDefinition<Input, Work, Deps>;
  deps: Deps;
  /** As it stands in the journal; the steps that have begun are the first ones of the definition. */
  entry: JournalEntry;
  live: LiveOperation;
  leaf: OperationLeaf;
  journal: Journal;
  borrowReserve: BorrowReserve;
  logger: Logger;
}

/** How a run ended; `isLeft`: not all of it could be undone, and its journal stays. */
export type RunOutcome = Outcome & { isLeft?: boolean };

/**
 * Takes one operation through its steps, or back. The journal is ahead of every act: a step is in it before it
 * begins, and an undo before the first step is taken back. No method rejects.
 */
export class StepRunner<Input, Work extends object, Deps> {
  readonly #run: Run<Input, Work, Deps>;

  constructor(run: Run<Input, Work, Deps>) {
    this.#run = run;
  }

  /** Runs the steps from the last one that has begun; takes back what was done when one fails or it is cancelled. */
  async finish(): Promise<RunOutcome> {
    const { definition, entry, live, journal, borrowReserve } = this.#run;
    const borrow = definition.usesReserve ? borrowReserve : noReserve;
    try {
      await orWithReserve(borrow, () => this.#runSteps());
      const result = definition.result?.(entry.input as Input, entry.work as Work) ?? {};
      await this.#emptyLeaf();
      await orWithReserve(borrowReserve, () => journal.remove(entry.id));
      return { state: 'succeeded', fault: undefined, result };
    } catch (error) {
      return this.undo({ isCancelled: live.signal.aborted, fault: faultView(this.#explain(error)) });
    }
  }

  /** Goes on where a crash interrupted it. */
  async recover(): Promise<RunOutcome> {
    const { definition, entry, leaf } = this.#run;
    const fault = faultView(new Fault('unavailable', 'The daemon ended in the middle'));
    const reason = entry.undoing ?? { isCancelled: false, fault };
    try {
      await leaf.emptyAfterCrash();
    } catch (error) {
      return this.#leave(reason, error);
    }
    return definition.afterCrash === 'undo' || entry.undoing ? this.undo(reason) : this.finish();
  }

  /** Takes back the steps that have begun, the newest first, up to one that cannot be taken back now. */
  async undo(reason: UndoReason): Promise<RunOutcome> {
    const { entry, live, leaf, journal } = this.#run;
    live.refuseCancel();
    try {
      await leaf.empty();
      await orWithReserve(this.#run.borrowReserve, async () => {
        entry.undoing = reason;
        await journal.write(entry);
        while (entry.begun.length > 0) await this.#undoNewest();
        await this.#emptyLeaf();
        await journal.remove(entry.id);
      });
    } catch (error) {
      return this.#leave(reason, error);
    }
    const { isCancelled, fault } = reason;
    return isCancelled ? { state: 'cancelled', fault: undefined } : { state: 'failed', fault };
  }

  async #runSteps(): Promise<void> {
    const { definition, entry, live, leaf, journal } = this.#run;
    const context = this.#context(live.signal);
    for (const step of definition.steps.slice(Math.max(0, entry.begun.length - 1))) {
      live.signal.throwIfAborted();
      if (entry.begun.at(-1) !== step.name) {
        await journal.write({ ...entry, begun: [...entry.begun, step.name] });
        entry.begun.push(step.name);
      }
      await leaf.run(() => step.do(context));
    }
  }

  async #undoNewest(): Promise<void> {
    const { definition, entry, leaf, journal } = this.#run;
    const step = definition.steps[entry.begun.length - 1];
    const context = this.#context(new AbortController().signal);
    if (step?.undo) await leaf.run(async () => step.undo?.(context));
    entry.begun.pop();
    if (entry.begun.length > 0) await journal.write(entry);
  }

  /** When all is done: a leaf that will not go away is no reason to take anything back. */
  async #emptyLeaf(): Promise<void> {
    const { entry, leaf, logger } = this.#run;
    try {
      await leaf.empty();
    } catch (error) {
      logger.warn({ err: error, operation: entry.id }, 'the cgroup of an operation could not be taken away');
    }
  }

  #context(signal: AbortSignal): StepContext<Input, Work, Deps> {
    const { entry, deps, live, journal } = this.#run;
    return {
      operationId: entry.id,
      project: entry.project,
      input: entry.input as Input,
      work: entry.work,
      deps,
      signal,
      report: (progress) => live.report(progress),
      remember: () => journal.write(entry),
    };
  }

  /** What the user is told of why a step failed; a bug of ours goes to the log as well. */
  #explain(error: unknown): Fault {
    const { entry, live, logger } = this.#run;
    const fault = asFault(error);
    if (fault.code === 'internal' && !live.signal.aborted) {
      logger.error(
        { err: error, operation: entry.id, step: entry.begun.at(-1) },
        'a step failed unexpectedly',
      );
    }
    return fault;
  }

  #leave({ fault }: UndoReason, error: unknown): RunOutcome {
    const { entry, live, logger } = this.#run;
    const step = entry.begun.at(-1);
    logger.error(
      { err: error, operation: entry.id, kind: entry.kind, step },
      'an operation could not be undone',
    );
    const message = `${fault.message}. Taking it back failed too: ${asFault(error).message}`;
    const hint = `What "${live.view().description}" left is taken back as soon as that goes.`;
    return { state: 'failed', fault: { code: fault.code, message, hint }, isLeft: true };
  }
}
