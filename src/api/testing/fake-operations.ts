import { randomUUID } from 'node:crypto';
import { Fault, asFault } from '#model/fault.ts';
import { isFinal, type OperationView } from '#model/operation.ts';
import type { OperationHandle, Operations, SessionOptions } from '#operation/operation.ts';
import type { Events } from '#service/events/events.ts';

interface Running {
  view: OperationView;
  cancelling: AbortController;
  finished: Promise<OperationView>;
}

/** Operations without steps or journal, for tests of what stands above them. */
export class FakeOperations implements Operations {
  readonly #running = new Map<string, Running>();
  readonly #events: Events;

  constructor(events: Events) {
    this.#events = events;
  }

  start(): Promise<OperationHandle> {
    throw new Error('fake operations have no steps');
  }

  session(
    options: SessionOptions,
    work: (signal: AbortSignal) => Promise<Record<string, unknown>>,
  ): OperationHandle {
    const now = new Date().toISOString();
    const { result = {}, ...rest } = options;
    const view: OperationView = {
      ...rest,
      id: randomUUID(),
      state: 'running',
      createdAt: now,
      updatedAt: now,
      progress: undefined,
      result,
      isCancellable: true,
      fault: undefined,
    };
    const cancelling = new AbortController();
    const running: Running = { view, cancelling, finished: Promise.resolve(view) };
    this.#running.set(view.id, running);
    running.finished = this.#run(running, work(cancelling.signal));
    this.#tell(view);
    return this.get(view.id);
  }

  list(project?: string): OperationView[] {
    const views = Array.from(this.#running.values(), ({ view }) => view);
    return views.filter((view) => project === undefined || view.project === project);
  }

  findHolders(): OperationHandle[] {
    return [];
  }

  get(id: string): OperationHandle {
    const running = this.#running.get(id);
    if (!running) throw new Fault('not-found', `There is no operation "${id}"`);
    return { id, view: () => running.view, finished: running.finished };
  }

  cancel(id: string): void {
    const { view } = this.get(id);
    if (isFinal(view().state)) throw new Fault('wrong-state', 'The operation is over');
    this.#running.get(id)?.cancelling.abort(new Fault('cancelled', 'Cancelled'));
  }

  onChange(): void {}

  recover(): Promise<[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    for (const { cancelling } of this.#running.values()) cancelling.abort(new Fault('cancelled', 'Closing'));
    await Promise.all(Array.from(this.#running.values(), ({ finished }) => finished));
  }

  async #run(running: Running, work: Promise<Record<string, unknown>>): Promise<OperationView> {
    // As with real ones, the answer to the request is older than the end.
    await new Promise(setImmediate);
    const change = await work.then(
      (result) => ({ state: 'succeeded' as const, result: { ...running.view.result, ...result } }),
      (error: unknown) => {
        const { code, message, hint } = asFault(error);
        const state = code === 'cancelled' ? ('cancelled' as const) : ('failed' as const);
        return { state, fault: { code, message, hint } };
      },
    );
    running.view = { ...running.view, ...change, updatedAt: new Date().toISOString() };
    this.#tell(running.view);
    return running.view;
  }

  #tell(operation: OperationView): void {
    this.#events.publish(operation.project, { type: 'operation', operation });
  }
}
