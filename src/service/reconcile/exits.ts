import type { EngineEvent, Exit } from '#engine/engine.ts';
import { readSettings } from '#model/config-keys.ts';
import { isFault } from '#model/fault.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import { isFinal } from '#model/operation.ts';
import type { OperationHandle, Operations } from '#operation/operation.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { settleInstance } from '../instances/definitions.ts';
import { expandInstance } from '../instances/plan.ts';
import { RestartBudget } from './restart-budget.ts';

/**
 * Reacts to what engines report: an init that ended is cleared away or started again, a guest that says it
 * is up becomes ready. An exit that arrives while an operation works on the instance waits for its end.
 */
export class ExitWatcher {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #afterEnd: (instance: Instance) => Promise<void>;
  readonly #budget = new RestartBudget();
  #wakers: (() => void)[] = [];

  /** `afterEnd` is told of every instance that has come to rest; it deletes the ephemeral ones. */
  constructor(deps: InstanceDeps, operations: Operations, afterEnd: (instance: Instance) => Promise<void>) {
    this.#deps = deps;
    this.#operations = operations;
    this.#afterEnd = afterEnd;
  }

  /** Reacts from then on; what is reported before waits until `from` has settled. */
  open(project: string, from: Promise<unknown>): void {
    this.#operations.onChange((view) => {
      if (isFinal(view.state)) this.#wake();
    });
    for (const engine of this.#deps.engines.values()) {
      engine.onEvent((event) => {
        from
          .then(() => this.#react(project, event))
          .catch((error: unknown) => {
            this.#deps.logger.error(
              { err: error, instance: event.id },
              'could not react to what an engine reported',
            );
          });
      });
    }
  }

  async #react(project: string, event: EngineEvent): Promise<void> {
    const name = async () => (await this.#deps.records.byId(project, event.id))?.value.name ?? event.id;
    switch (event.kind) {
      case 'exited':
        return this.#settle(project, event.id, event.pid, event.exit);
      case 'ready':
        await this.#deps.runtimes.ready(event.id);
        return this.#publish(project, await name(), 'instance-ready', {});
      case 'out-of-memory':
        return this.#publish(project, await name(), 'instance-out-of-memory', { kills: event.kills });
    }
  }

  #publish(project: string, name: string, action: string, context: Record<string, unknown>): void {
    const source = `/1.0/instances/${encodeURIComponent(name)}`;
    this.#deps.events.publish(project, { type: 'lifecycle', action, source, context });
  }

  async #settle(project: string, id: InstanceId, pid: number, exit: Exit): Promise<void> {
    let restart: boolean | undefined;
    for (;;) {
      if (!(await this.#isStillOf(id, pid))) return;
      const entry = await this.#deps.records.byId(project, id);
      if (!entry) return;
      restart ??= await this.#shouldRestart(entry.value, exit); // once: it counts
      const handle = await this.#tryToSettle(entry.value, exit, restart);
      if (handle === 'busy') {
        await this.#nextChange();
        continue;
      }
      await handle.finished;
      await this.#afterEnd(entry.value);
      return;
    }
  }

  /** Waits while an operation owns the instance; false when the run that ended is no longer the current one. */
  async #isStillOf(id: InstanceId, pid: number): Promise<boolean> {
    const passing = ['starting', 'stopping', 'pausing'];
    while (passing.includes(this.#deps.runtimes.get(id).state)) await this.#nextChange();
    return this.#deps.runtimes.get(id).handle?.pid === pid;
  }

  async #tryToSettle(instance: Instance, exit: Exit, restart: boolean): Promise<OperationHandle | 'busy'> {
    const input = { id: instance.id, name: instance.name, exit, restart };
    try {
      return await this.#operations.start(settleInstance, input, {
        project: instance.project,
        deps: this.#deps,
      });
    } catch (error) {
      if (isFault(error, 'busy')) return 'busy';
      throw error;
    }
  }

  async #shouldRestart(instance: Instance, exit: Exit): Promise<boolean> {
    if (exit.reason === 'reboot') return true;
    if (exit.reason !== 'crashed' && exit.reason !== 'unknown') return false;
    const { config } = await expandInstance(this.#deps, instance);
    return (readSettings(config)['boot.autorestart'] ?? false) && this.#budget.take(instance.id);
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
