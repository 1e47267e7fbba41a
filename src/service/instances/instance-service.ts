import type { ExecRequest, ExecSession, TerminalSize } from '#engine/engine.ts';
import { readSettings } from '#model/config-keys.ts';
import { validateDevices } from '#model/device.ts';
import { Fault, isFault } from '#model/fault.ts';
import type { Instance, InstanceAction } from '#model/instance.ts';
import { requireInstanceName, requireState } from '#model/instance.ts';
import type { OperationDefinition, OperationHandle, Operations } from '#operation/operation.ts';
import type { InstanceDeps } from './deps.ts';
import { engineFor } from './deps.ts';
import { requireNoFewerInodes, requireNoSmallerDisk } from './disk-size.ts';
import type {
  CreateInstance,
  InstanceChange,
  Instances,
  InstanceStateView,
  InstanceView,
  StateChange,
} from './instances.ts';
import { createInstance } from './operations/create.ts';
import { deleteInstance } from './operations/delete.ts';
import { renameInstance } from './operations/rename.ts';
import {
  pauseInstance,
  restartInstance,
  resumeInstance,
  settleInstance,
  startInstance,
  stopInstance,
} from './operations/state.ts';
import { changedMeanwhile, updateInstance } from './operations/update.ts';
import { expandInstance } from './plan.ts';
import { noSuchInstance } from './records.ts';
import { Reapplication } from './reapply.ts';
import { changedInstance, newInstance } from './requests.ts';
import { instanceEtag, stateOf, viewOf } from './views.ts';
import { whenFree } from './when-free.ts';

/** Checks what is asked for, then hands it to an operation. */
export class InstanceService implements Instances {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #resolveAlias: (project: string, alias: string) => Promise<string>;
  readonly #reapplication: Reapplication;

  constructor(
    deps: InstanceDeps,
    operations: Operations,
    resolveAlias: (project: string, alias: string) => Promise<string>,
  ) {
    this.#deps = deps;
    this.#operations = operations;
    this.#resolveAlias = resolveAlias;
    this.#reapplication = new Reapplication(deps, operations);
  }

  async list(project: string): Promise<InstanceView[]> {
    const [instances, profiles] = await Promise.all([
      this.#deps.records.list(project),
      this.#deps.profiles.list(project),
    ]);
    const byName = new Map(profiles.map(({ value }) => [value.name, value]));
    return instances.map((instance) => viewOf(this.#deps, instance, byName));
  }

  async get(project: string, name: string): Promise<InstanceView> {
    const instance = await this.#document(project, name);
    const profiles = await this.#deps.profiles.getAll(project, instance.profiles);
    return viewOf(this.#deps, instance, new Map(profiles.map((profile) => [profile.name, profile])));
  }

  async state(project: string, name: string): Promise<InstanceStateView> {
    return stateOf(this.#deps, await this.#document(project, name));
  }

  async states(project: string): Promise<Map<string, InstanceStateView>> {
    const instances = await this.#deps.records.list(project);
    const states = await Promise.all(instances.map((instance) => stateOf(this.#deps, instance)));
    return new Map(instances.map((instance, index) => [instance.name, states[index] as InstanceStateView]));
  }

  async create(request: CreateInstance): Promise<OperationHandle> {
    const { source, project } = request;
    const fingerprint =
      'alias' in source ? await this.#resolveAlias(project, source.alias) : source.fingerprint;
    const instance = newInstance(request, (await this.#deps.images.get(project, fingerprint)).value);
    engineFor(this.#deps, instance.type);
    await this.#deps.profiles.getAll(project, instance.profiles);
    if (await this.#deps.records.findId(project, instance.name)) {
      throw new Fault('exists', `The name "${instance.name}" is taken`, {
        hint: 'Choose another one, or delete that instance first.',
      });
    }
    const input = { name: instance.name, instance, start: request.start };
    return this.#operations.start(createInstance, input, { project, deps: this.#deps });
  }

  async update(
    project: string,
    name: string,
    change: InstanceChange,
    etag: string | undefined,
  ): Promise<OperationHandle> {
    const before = await this.#document(project, name);
    if (etag !== undefined && etag !== instanceEtag(before)) throw changedMeanwhile(name);
    const after = changedInstance(before, change);
    const expanded = await expandInstance(this.#deps, after);
    validateDevices(expanded.devices, before.type);
    const { devices } = await expandInstance(this.#deps, before);
    const disks = { before: devices, after: expanded.devices };
    requireNoSmallerDisk(this.#deps.pool, before, disks);
    await requireNoFewerInodes(this.#deps.pool, before, disks);
    return this.#start(updateInstance, before, { before, after, isForced: change.isForced ?? false });
  }

  async changeState(project: string, name: string, change: StateChange): Promise<OperationHandle> {
    const instance = await this.#document(project, name);
    this.#require(instance, actions[change.action]);
    switch (change.action) {
      case 'start':
        return this.#start(startInstance, instance, {}, 'start');
      case 'stop':
        return this.#start(
          stopInstance,
          instance,
          { graceMs: await this.#graceMs(instance, change) },
          'stop',
        );
      case 'restart':
        return this.#start(
          restartInstance,
          instance,
          { graceMs: await this.#graceMs(instance, change) },
          'restart',
        );
      case 'freeze':
        return this.#start(pauseInstance, instance, {}, 'pause');
      case 'unfreeze':
        return this.#start(resumeInstance, instance, {}, 'resume');
    }
  }

  async rename(project: string, name: string, newName: string): Promise<OperationHandle> {
    const instance = await this.#document(project, name);
    requireInstanceName(newName);
    const holder = await this.#deps.records.findId(project, newName);
    if (holder !== undefined && holder !== instance.id) {
      throw new Fault('exists', `The name "${newName}" is taken`, { hint: 'Choose another one.' });
    }
    return this.#start(renameInstance, instance, { newName });
  }

  async delete(project: string, name: string): Promise<OperationHandle> {
    const instance = await this.#document(project, name);
    this.#require(instance, 'delete');
    return this.#start(deleteInstance, instance, { instance }, 'delete');
  }

  async exec(project: string, name: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const instance = await this.#document(project, name);
    this.#require(instance, 'exec');
    const { config } = await expandInstance(this.#deps, instance);
    const environment = { ...readSettings(config).environment, ...request.environment };
    return engineFor(this.#deps, instance.type).exec(instance.id, { ...request, environment }, signal);
  }

  async console(
    project: string,
    name: string,
    size: TerminalSize,
    signal: AbortSignal,
  ): Promise<ExecSession> {
    const instance = await this.#document(project, name);
    this.#require(instance, 'console');
    return engineFor(this.#deps, instance.type).console(instance.id, size, signal);
  }

  async consoleLog(project: string, name: string): Promise<string> {
    const instance = await this.#document(project, name);
    const { handle, state } = this.#deps.runtimes.get(instance.id);
    if (!handle) {
      throw new Fault('wrong-state', `"${name}" is ${state}, and what it printed is gone`, {
        hint: 'A console and its log last as long as a run.',
      });
    }
    return engineFor(this.#deps, instance.type).consoleLog(instance.id);
  }

  async clearConsoleLog(project: string, name: string): Promise<void> {
    const instance = await this.#document(project, name);
    await engineFor(this.#deps, instance.type).clearConsoleLog(instance.id);
  }

  /** Brings running instances up to date after a change of something that they include. */
  async reapply(instances: readonly Instance[]): Promise<void> {
    await Promise.all(instances.map((instance) => this.#reapplication.reach(instance)));
  }

  /** Brings all that run up to date: a daemon may have died between a change of a profile and its effect. */
  async reapplyAll(project: string): Promise<void> {
    const instances = await this.#deps.records.list(project);
    const running = instances.filter(({ id }) => this.#deps.runtimes.get(id).inEffect !== undefined);
    await Promise.all(running.map((instance) => this.#reapplication.tryToReach(instance)));
  }

  async #document(project: string, name: string): Promise<Instance> {
    return (await this.#deps.records.get(project, name)).value;
  }

  #require(instance: Instance, action: InstanceAction): void {
    requireState({ name: instance.name, state: this.#deps.runtimes.get(instance.id).state }, action);
  }

  async #graceMs(instance: Instance, change: StateChange): Promise<number> {
    if (change.force) return 0;
    const asked = change.timeoutSeconds;
    if (asked !== undefined && asked >= 0) return asked * 1000;
    const { config } = await expandInstance(this.#deps, instance);
    return (readSettings(config)['boot.host_shutdown_timeout'] ?? 30) * 1000;
  }

  /** Deletes an ephemeral instance that has come to its end by itself, unless it runs again. */
  async deleteEphemeral(instance: Pick<Instance, 'project' | 'id'>): Promise<void> {
    await whenFree(this.#deps, this.#operations, instance, async (now) => {
      const { state } = this.#deps.runtimes.get(now.id);
      if (!now.ephemeral || (state !== 'stopped' && state !== 'failed')) return true;
      return this.#triedToDelete(now);
    });
  }

  /** False when somebody renamed it, or began something with it, in between. */
  async #triedToDelete(instance: Instance): Promise<boolean> {
    try {
      await (await this.#start(deleteInstance, instance, { instance }, 'delete')).finished;
      return true;
    } catch (error) {
      if (inBetween.some((code) => isFault(error, code))) return false;
      throw error;
    }
  }

  /**
   * Starts an operation on the instance. Whether `action` may begin is looked at in the same turn as the lock is
   * taken: nobody can change the state in between. What goes on although nobody asked for it for this instance is
   * waited for, and nobody has to know: an init that ended by itself is cleared away, a changed profile is applied.
   */
  async #start<Input extends { id: string; name: string }>(
    definition: OperationDefinition<Input, object, InstanceDeps>,
    instance: Instance,
    rest: Omit<Input, 'id' | 'name'>,
    action?: InstanceAction,
  ): Promise<OperationHandle> {
    const input = { id: instance.id, name: instance.name, ...rest } as Input;
    for (;;) {
      if (action) this.#require(instance, action);
      try {
        return await this.#operations.start(definition, input, {
          project: instance.project,
          deps: this.#deps,
          confirm: () => this.#confirmName(instance),
        });
      } catch (error) {
        const objects = { resources: definition.resources(input), locks: definition.locks?.(input) ?? {} };
        const holders = this.#operations.findHolders(instance.project, objects);
        if (!isFault(error, 'busy') || !holders.every((holder) => this.#isUnasked(holder, instance)))
          throw error;
        await Promise.all(holders.map(({ finished }) => finished));
      }
    }
  }

  /** A rename may have ended between the reading of the document and the taking of the lock. */
  async #confirmName({ project, name, id }: Instance): Promise<void> {
    if ((await this.#deps.records.findId(project, name)) !== id) throw noSuchInstance(name);
  }

  #isUnasked(operation: OperationHandle, { id }: Instance): boolean {
    const { kind } = operation.view();
    const isReapplied = kind === updateInstance.kind && this.#reapplication.isGoingOn(id);
    return isReapplied || kind === settleInstance.kind;
  }
}

const inBetween = ['busy', 'not-found', 'wrong-state'] as const;

const actions = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  freeze: 'pause',
  unfreeze: 'resume',
} as const satisfies Record<StateChange['action'], InstanceAction>;
