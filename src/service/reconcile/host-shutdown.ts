import { readSettings } from '#model/config-keys.ts';
import { asFault, isFault } from '#model/fault.ts';
import type { Instance } from '#model/instance.ts';
import type { OperationHandle, Operations } from '#operation/operation.ts';
import { stopInstance } from '../instances/definitions.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { expandInstance } from '../instances/plan.ts';
import { whenFree } from '../instances/when-free.ts';
import { planShutdown, type Stoppable } from './plan-shutdown.ts';

/** So often is looked for instances that somebody started meanwhile. */
const rounds = 3;

/** Stops all instances because the host goes down, and keeps in mind that they are to run. */
export class HostShutdown {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #afterEnd: (instance: Instance) => Promise<void>;

  /** `afterEnd` is told of every instance that has come to rest; it deletes the ephemeral ones. */
  constructor(deps: InstanceDeps, operations: Operations, afterEnd: (instance: Instance) => Promise<void>) {
    this.#deps = deps;
    this.#operations = operations;
    this.#afterEnd = afterEnd;
  }

  /**
   * Those of the highest `boot.stop.priority` first, all of one priority side by side, each with the time that its
   * `boot.host_shutdown_timeout` gives it. One that does not stop is told in the log and holds up nobody.
   */
  async run(project: string): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const running = await this.#running(project);
      if (running.length === 0) break;
      for (const group of planShutdown(running)) {
        const [{ priority }] = group;
        this.#deps.logger.info(
          { priority, instances: group.map(({ instance }) => instance.name) },
          'stopping instances',
        );
        await Promise.all(group.map((each) => this.#stop(each)));
      }
    }
  }

  async #running(project: string): Promise<Stoppable[]> {
    const instances = await this.#deps.records.list(project);
    const running = instances.filter(({ id }) => {
      const { state, handle } = this.#deps.runtimes.get(id);
      return handle !== undefined || state === 'starting';
    });
    return Promise.all(
      running.map(async (instance) => {
        const settings = readSettings((await expandInstance(this.#deps, instance)).config);
        return {
          instance,
          priority: settings['boot.stop.priority'] ?? 0,
          graceMs: (settings['boot.host_shutdown_timeout'] ?? 30) * 1000,
        };
      }),
    );
  }

  /** Once nothing else works on it. */
  async #stop({ instance, graceMs }: Stoppable): Promise<void> {
    try {
      await whenFree(this.#deps, this.#operations, instance, (now) => this.#tryToStop(now, graceMs));
    } catch (error) {
      this.#tell(instance, asFault(error).message);
    }
  }

  /** False when something else began in between. */
  async #tryToStop(instance: Instance, graceMs: number): Promise<boolean> {
    const handle = await this.#begin(instance, graceMs);
    if (!handle) return false;
    const { fault } = await handle.finished;
    if (fault) {
      this.#tell(instance, fault.message);
    } else {
      this.#deps.logger.info({ instance: instance.name }, 'stopped');
      await this.#afterEnd(instance);
    }
    return true;
  }

  #tell(instance: Instance, fault: string): void {
    this.#deps.logger.error({ instance: instance.name, fault }, 'could not stop an instance');
  }

  async #begin({ id, name, project }: Instance, graceMs: number): Promise<OperationHandle | undefined> {
    try {
      const input = { id, name, graceMs, isHostGoingDown: true };
      return await this.#operations.start(stopInstance, input, { project, deps: this.#deps });
    } catch (error) {
      if (isFault(error, 'busy')) return undefined;
      throw error;
    }
  }
}
