import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import type { Exit, RunHandle } from '#engine/engine.ts';
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

export interface RecoveryOptions {
  /** This is the daemon's first start since the host's boot, so that autostart applies. */
  hasHostBooted: boolean;
  /** What no document names is left alone. */
  keepsStrangers: boolean;
  /** Once it aborts, nothing is started any more. */
  startsUntil: AbortSignal;
}

/** Makes the host match the store after the daemon, or the whole host, was away. */
export class Recovery {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #bootId: string;
  readonly #afterEnd: (instance: Instance) => Promise<void>;
  /** Runs that had ended before this daemon could follow them. Of all others an engine tells the end, and why. */
  readonly #ended = new Set<string>();

  /** `afterEnd` is told of every ephemeral instance that has come to rest unseen; it deletes them. */
  constructor(
    deps: InstanceDeps,
    operations: Operations,
    bootId: string,
    afterEnd: (instance: Instance) => Promise<void>,
  ) {
    this.#deps = deps;
    this.#operations = operations;
    this.#bootId = bootId;
    this.#afterEnd = afterEnd;
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
   * Clears what ended, after `takeOver`. Resolves when the host is clear; `starting` when what is to run has been
   * started, at most as many at a time as there are processors.
   */
  async run(
    project: string,
    { hasHostBooted, keepsStrangers, startsUntil }: RecoveryOptions,
  ): Promise<RecoveryReport & { starting: Promise<unknown> }> {
    const instances = await this.#deps.records.list(project);
    const found = await Promise.all(instances.map((instance) => this.#look(instance)));
    const repairs = planRecovery(found, hasHostBooted);
    const byId = new Map(instances.map((instance) => [instance.id, instance]));
    const clears = repairs.filter(({ action }) => action === 'clear');
    const deletes = repairs.filter(({ action }) => action === 'delete');
    const starts = repairs.filter(({ action }) => action === 'start' || action === 'restart');
    await this.#each(clears, byId, (instance) => this.#settle(instance, false));
    await this.#each(deletes, byId, this.#afterEnd);
    if (!keepsStrangers) await this.#forgetStrangers(byId);
    const starting = this.#startAll(starts, byId, startsUntil);
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
      isSpent: instance.ephemeral && instance.lastUsedAt !== undefined,
      run: this.#lookAtRun(instance),
    };
  }

  #lookAtRun(instance: Instance): Found['run'] {
    const { handle } = this.#deps.runtimes.get(instance.id);
    if (!handle) return undefined;
    if (handle.bootId !== this.#bootId) return { isOfThisBoot: false, isGone: true };
    if (!this.#ended.has(keyOf(handle))) return { isOfThisBoot: true, isGone: false };
    return { isOfThisBoot: true, isGone: true, ended: this.#exitOf(instance).reason };
  }

  #exitOf({ id, type }: Instance): Exit {
    const { handle } = this.#deps.runtimes.get(id);
    const exit = handle && engineFor(this.#deps, type).exitOfGone?.(handle);
    return exit ?? { reason: 'unknown', detail: 'It ended while the daemon was away' };
  }

  async #takeOver(instance: Instance): Promise<void> {
    const { handle, inEffect, state: before } = this.#deps.runtimes.get(instance.id);
    if (handle?.bootId !== this.#bootId) return;
    if (!isAlive(handle.pid, handle.startTime)) {
      this.#ended.add(keyOf(handle));
      return;
    }
    const plan = await makeRunPlan(this.#deps, instance, inEffect);
    const { state } = await engineFor(this.#deps, instance.type).recover(plan, handle);
    if (state === 'gone') this.#ended.add(keyOf(handle));
    else if (state !== before) await this.#deps.runtimes.settled(instance.id, state);
  }

  async #each(
    repairs: readonly Repair[],
    byId: ReadonlyMap<InstanceId, Instance>,
    act: (instance: Instance) => Promise<unknown>,
  ): Promise<void> {
    const limit = pLimit(availableParallelism());
    await Promise.all(repairs.map(({ id }) => limit(() => act(byId.get(id) as Instance))));
  }

  /** Clears away a run that is gone, and with `restart` starts it again. Whether it succeeded. */
  async #settle(instance: Instance, restart: boolean): Promise<boolean> {
    const exit = this.#exitOf(instance);
    const isAfterBoot = this.#deps.runtimes.get(instance.id).handle?.bootId !== this.#bootId;
    return this.#operate(instance, () =>
      this.#operations.start(
        settleInstance,
        { id: instance.id, name: instance.name, exit, restart, isAfterBoot },
        { project: instance.project, deps: this.#deps },
      ),
    );
  }

  /** One that cannot be started is told, and holds up nobody. */
  async #startAll(
    starts: readonly Repair[],
    byId: ReadonlyMap<InstanceId, Instance>,
    until: AbortSignal,
  ): Promise<void> {
    if (starts.length === 0) return;
    const { logger } = this.#deps;
    const count = { started: 0, failed: 0, of: starts.length };
    logger.info({ of: count.of }, 'starting instances');
    await this.#each(starts, byId, async (instance) => {
      if (until.aborted) return;
      if (await this.#start(instance)) count.started += 1;
      else count.failed += 1;
      logger.info({ instance: instance.name, ...count }, 'starting instances');
    });
    logger.info({ ...count }, 'instances were started');
  }

  async #start(instance: Instance): Promise<boolean> {
    if (this.#deps.runtimes.get(instance.id).handle) return this.#settle(instance, true);
    return this.#operate(instance, () =>
      this.#operations.start(
        startInstance,
        { id: instance.id, name: instance.name, isAutomatic: true },
        { project: instance.project, deps: this.#deps },
      ),
    );
  }

  /** Whether it succeeded; otherwise that was told. */
  async #operate(instance: Instance, begin: () => ReturnType<Operations['start']>): Promise<boolean> {
    const { logger } = this.#deps;
    try {
      const { fault } = await (await begin()).finished;
      if (fault) logger.warn({ instance: instance.name, fault }, 'could not bring an instance back');
      return fault === undefined;
    } catch (error) {
      const fault = asFault(error).message;
      logger.warn({ instance: instance.name, fault }, 'could not bring an instance back');
      return false;
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

const keyOf = ({ pid, startTime }: RunHandle): string => `${pid} ${startTime}`;
