import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { isAlive } from '#host/process/proc.ts';
import { readSettings } from '#model/config-keys.ts';
import { asFault } from '#model/fault.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import type { Operations } from '#operation/operation.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { engineFor } from '../instances/deps.ts';
import { settleInstance, startInstance } from '../instances/definitions.ts';
import { expandInstance, makeRunPlan } from '../instances/plan.ts';
import type { Found, Repair } from './plan-recovery.ts';
import { planRecovery } from './plan-recovery.ts';

export interface RecoveryReport {
  running: number;
  cleared: number;
  started: number;
}

/** Makes the host match the store after the daemon, or the whole host, was away. */
export class Recovery {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #bootId: string;

  constructor(deps: InstanceDeps, operations: Operations, bootId: string) {
    this.#deps = deps;
    this.#operations = operations;
    this.#bootId = bootId;
  }

  /**
   * Takes over what runs and changes nothing. Comes before interrupted operations are taken up again, since these
   * stop, resume or update what runs.
   */
  async takeOver(project: string): Promise<void> {
    const instances = await this.#deps.records.list(project);
    await Promise.all(instances.map((instance) => this.#takeOver(instance)));
  }

  /**
   * Clears what ended, after `takeOver`. `hasHostBooted`: this is the daemon's first start since the
   * host's boot, so that autostart applies. Resolves when the host is clear; `starting` when autostart is done.
   */
  async run(
    project: string,
    hasHostBooted: boolean,
  ): Promise<RecoveryReport & { starting: Promise<unknown> }> {
    const instances = await this.#deps.records.list(project);
    const found = await Promise.all(instances.map((instance) => this.#look(instance)));
    const repairs = planRecovery(found, hasHostBooted);
    const byId = new Map(instances.map((instance) => [instance.id, instance]));
    const clears = repairs.filter(({ action }) => action === 'clear');
    const starts = repairs.filter(({ action }) => action === 'start');
    await this.#each(clears, byId, (instance) => this.#clear(instance));
    await this.#forgetStrangers(byId);
    const starting = this.#each(starts, byId, (instance) => this.#start(instance));
    const running = found.filter(({ run }) => run !== undefined && !run.isGone).length;
    return { running, cleared: clears.length, started: starts.length, starting };
  }

  async #look(instance: Instance): Promise<Found> {
    const settings = readSettings((await expandInstance(this.#deps, instance)).config);
    return {
      id: instance.id,
      wants: instance.wants,
      autostart: settings['boot.autostart'],
      autorestart: settings['boot.autorestart'] ?? false,
      priority: settings['boot.autostart.priority'] ?? 0,
      run: this.#lookAtRun(instance),
    };
  }

  #lookAtRun({ id }: Instance): Found['run'] {
    const { handle } = this.#deps.runtimes.get(id);
    if (!handle) return undefined;
    const isOfThisBoot = handle.bootId === this.#bootId;
    return { isOfThisBoot, isGone: !isOfThisBoot || !isAlive(handle.pid, handle.startTime) };
  }

  async #takeOver(instance: Instance): Promise<void> {
    const { handle, inEffect } = this.#deps.runtimes.get(instance.id);
    if (handle?.bootId !== this.#bootId || !isAlive(handle.pid, handle.startTime)) return;
    const plan = await makeRunPlan(this.#deps, instance, inEffect);
    const { state } = await engineFor(this.#deps, instance.type).recover(plan, handle);
    if (state !== 'gone') await this.#deps.runtimes.settled(instance.id, state);
  }

  async #each(
    repairs: readonly Repair[],
    byId: ReadonlyMap<InstanceId, Instance>,
    act: (instance: Instance) => Promise<void>,
  ): Promise<void> {
    const limit = pLimit(availableParallelism());
    await Promise.all(repairs.map(({ id }) => limit(() => act(byId.get(id) as Instance))));
  }

  async #clear(instance: Instance): Promise<void> {
    const exit = { reason: 'unknown', detail: 'It ended while the daemon was away' } as const;
    await this.#operate(instance, () =>
      this.#operations.start(
        settleInstance,
        { id: instance.id, name: instance.name, exit, restart: false },
        { project: instance.project, deps: this.#deps },
      ),
    );
  }

  async #start(instance: Instance): Promise<void> {
    await this.#operate(instance, () =>
      this.#operations.start(
        startInstance,
        { id: instance.id, name: instance.name },
        { project: instance.project, deps: this.#deps },
      ),
    );
  }

  async #operate(instance: Instance, begin: () => ReturnType<Operations['start']>): Promise<void> {
    try {
      const { fault } = await (await begin()).finished;
      if (fault)
        this.#deps.logger.warn({ instance: instance.name, fault }, 'could not bring an instance back');
    } catch (error) {
      this.#deps.logger.warn(
        { instance: instance.name, fault: asFault(error).message },
        'could not bring an instance back',
      );
    }
  }

  /** Runs and disks that belong to no instance: what remains of a crash in the middle of a creation. */
  async #forgetStrangers(known: ReadonlyMap<InstanceId, Instance>): Promise<void> {
    for (const [id] of this.#deps.runtimes.all()) {
      if (!known.has(id)) await this.#deps.runtimes.stopped(id);
    }
    const { roots } = await this.#deps.pool.contents();
    for (const id of roots.filter((root) => !known.has(root))) {
      this.#deps.logger.warn({ id }, 'removing a disk that belongs to no instance');
      await this.#deps.pool.removeRoot(id);
    }
  }
}
