import { randomUUID } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { Fault } from '#model/fault.ts';
import { isFinal, type OperationProgress, type OperationView } from '#model/operation.ts';
import type { OperationHandle } from './operation.ts';

// pending ── journalled ──▶ running ── all steps done ──▶ succeeded
//                              │ └───── a step failed ──▶ failed     (what was done is undone first)
//                            cancel
//                              ▼
//                         cancelling ── undone ─────────▶ cancelled  (or failed, when the undo fails)

/** Listeners hear of progress at most this often. */
const progressIntervalMs = 100;

export type NewOperation = Pick<
  OperationView,
  'kind' | 'description' | 'resources' | 'project' | 'isCancellable'
> & { id?: string; createdAt?: string; result?: Record<string, unknown>; locks?: Record<string, string[]> };

/** How an operation ended. */
export type Outcome = Pick<OperationView, 'state' | 'fault'> & { result?: Record<string, unknown> };

/** An operation of this daemon: what others see of it, and its cancel button. */
export class LiveOperation implements OperationHandle {
  readonly id: string;
  readonly finished: Promise<OperationView>;
  /** What it locks besides its resources. */
  readonly locks: Record<string, string[]>;
  readonly #clock: Clock;
  readonly #onChange: (view: OperationView) => void;
  readonly #cancel = new AbortController();
  #resolveFinished: (view: OperationView) => void = () => {};
  #view: OperationView;
  /** Set for a while after listeners were told of progress. */
  #quiet: (() => void) | undefined;
  #hasNews = false;

  constructor(
    { id = randomUUID(), createdAt, result = {}, locks = {}, ...rest }: NewOperation,
    clock: Clock,
    onChange: (view: OperationView) => void,
  ) {
    const now = new Date(clock.now()).toISOString();
    this.id = id;
    this.locks = locks;
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.#clock = clock;
    this.#onChange = onChange;
    this.#view = {
      ...rest,
      id,
      result,
      state: 'pending',
      createdAt: createdAt ?? now,
      updatedAt: now,
      progress: undefined,
      fault: undefined,
    };
  }

  view(): OperationView {
    return this.#view;
  }

  /** Aborts when it is cancelled. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  begin(): void {
    if (this.#view.state === 'pending') this.#change({ state: 'running' });
  }

  report(progress: OperationProgress): void {
    if (isFinal(this.#view.state)) return;
    this.#view = { ...this.#view, progress, updatedAt: this.#now() };
    this.#hasNews = true;
    if (!this.#quiet) this.#tell();
  }

  /** Throws `wrong-state` when it cannot be cancelled, or no longer. */
  cancel(): void {
    const { state, isCancellable, description } = this.#view;
    if (state === 'cancelling') return;
    if (!isCancellable) {
      const why = isFinal(state)
        ? `it has ${state === 'cancelled' ? 'been cancelled' : state} already`
        : 'it cannot be interrupted';
      throw new Fault('wrong-state', `Cannot cancel "${description}": ${why}`);
    }
    this.#change({ state: 'cancelling', isCancellable: false });
    this.#cancel.abort(new Fault('cancelled', 'Cancelled'));
  }

  /** From now on it is too late to cancel. */
  refuseCancel(): void {
    if (this.#view.isCancellable) this.#change({ isCancellable: false });
  }

  end({ state, fault, result = {} }: Outcome): void {
    this.#quiet?.();
    this.#change({
      state,
      fault,
      progress: undefined,
      isCancellable: false,
      result: { ...this.#view.result, ...result },
    });
    this.#resolveFinished(this.#view);
  }

  /** Tells listeners, then waits before it tells them again. */
  #tell(): void {
    this.#hasNews = false;
    this.#onChange(this.#view);
    this.#quiet = this.#clock.after(progressIntervalMs, () => {
      this.#quiet = undefined;
      if (this.#hasNews) this.#tell();
    });
  }

  #change(change: Partial<OperationView>): void {
    this.#hasNews = false;
    this.#view = { ...this.#view, ...change, updatedAt: this.#now() };
    this.#onChange(this.#view);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

export function faultView({ code, message, hint }: Fault): NonNullable<OperationView['fault']> {
  return { code, message, hint };
}
