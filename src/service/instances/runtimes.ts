import type { RunHandle } from '#engine/engine.ts';
import type { Expanded } from '#model/expand.ts';
import type { InstanceId, InstanceState } from '#model/instance.ts';
import type { Store } from '#store/store.ts';

/** What an instance is doing on this node. Whoever has none is stopped. */
export interface Runtime {
  state: InstanceState;
  handle: RunHandle | undefined;
  /** What it was started with, and got live since; `undefined` when it does not run. */
  inEffect: Expanded | undefined;
  startedAt: string | undefined;
  isReady: boolean;
  /** Why it failed, for people. */
  failure: string | undefined;
}

const stopped: Runtime = {
  state: 'stopped',
  handle: undefined,
  inEffect: undefined,
  startedAt: undefined,
  isReady: false,
  failure: undefined,
};
const key = (id: InstanceId): string => `run/${id}`;

/**
 * States of the instances of this node. What must be known after the daemon's death (handles, failures) is
 * in the node store; passing states are only in memory, for an operation's journal knows them better.
 */
export class Runtimes {
  readonly #store: Store;
  readonly #runtimes = new Map<InstanceId, Runtime>();

  constructor(store: Store) {
    this.#store = store;
  }

  async load(): Promise<void> {
    for (const { key: name, value } of await this.#store.range<Runtime>('run/')) {
      this.#runtimes.set(name.slice('run/'.length), value);
    }
  }

  get(id: InstanceId): Runtime {
    return this.#runtimes.get(id) ?? stopped;
  }

  all(): [InstanceId, Runtime][] {
    return [...this.#runtimes];
  }

  /** In memory only: starting, stopping, pausing … */
  passing(id: InstanceId, state: InstanceState): void {
    this.#runtimes.set(id, { ...this.get(id), state });
  }

  async started(id: InstanceId, handle: RunHandle, inEffect: Expanded): Promise<void> {
    const startedAt = new Date().toISOString();
    // It runs, whether that can be noted or not: whoever starts it again calls `keep`.
    this.#runtimes.set(id, { ...stopped, state: 'running', handle, inEffect, startedAt });
    await this.keep(id);
  }

  /** Writes once more what is known of it. */
  async keep(id: InstanceId): Promise<void> {
    await this.#store.transact({ writes: [{ put: key(id), value: this.get(id) }] });
  }

  async changed(id: InstanceId, inEffect: Expanded): Promise<void> {
    await this.#put(id, { ...this.get(id), inEffect });
  }

  async settled(id: InstanceId, state: 'running' | 'paused'): Promise<void> {
    await this.#put(id, { ...this.get(id), state });
  }

  async ready(id: InstanceId): Promise<void> {
    const runtime = this.get(id);
    if (runtime.handle && !runtime.isReady) await this.#put(id, { ...runtime, isReady: true });
  }

  async failed(id: InstanceId, failure: string): Promise<void> {
    await this.#put(id, { ...stopped, state: 'failed', failure });
  }

  async stopped(id: InstanceId): Promise<void> {
    this.#runtimes.delete(id);
    await this.#store.transact({ writes: [{ delete: key(id) }] });
  }

  /** Seen at once; when it cannot be written, all is as it was. */
  async #put(id: InstanceId, runtime: Runtime): Promise<void> {
    const before = this.#runtimes.get(id);
    this.#runtimes.set(id, runtime);
    try {
      await this.keep(id);
    } catch (error) {
      if (before && this.#runtimes.get(id) === runtime) this.#runtimes.set(id, before);
      throw error;
    }
  }
}
