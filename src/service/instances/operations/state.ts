import type { Exit } from '#engine/engine.ts';
import { Fault } from '#model/fault.ts';
import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { engineFor } from '../deps.ts';
import { deleteIfEphemeral } from './delete.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { hasRunEnded, instanceLocks, instanceResources, publishLifecycle } from './input.ts';
import { clearAfterRun, clearHost, startRunning, stopRunning } from './running.ts';

type Context = InstanceContext<InstanceInput, object>;
/** `isAutomatic`: its owner wants it to run, even if it cannot be started now. */
type StartInput = InstanceInput & { isAutomatic?: boolean };
/** `isHostGoingDown`: its owner still wants it to run. */
type StopInput = InstanceInput & { graceMs: number; isHostGoingDown?: boolean };
type Definition<Input> = OperationDefinition<Input, object, InstanceDeps>;

async function documentOf({ deps, input, project }: Context): Promise<Instance> {
  const entry = await deps.records.byId(project, input.id);
  if (!entry) throw new Fault('not-found', `There is no instance "${input.name}"`);
  return entry.value;
}

async function want(context: Context, wants: Instance['wants']): Promise<Instance> {
  const lastUsedAt = new Date().toISOString();
  const edit = (instance: Instance): Instance =>
    wants === 'running' ? { ...instance, wants, lastUsedAt } : { ...instance, wants };
  return context.deps.records.change(context.project, context.input.id, edit);
}

async function start(context: Context): Promise<void> {
  const instance = await want(context, 'running');
  await startRunning(context.deps, instance, context.signal);
  publishLifecycle(context, instance.name, 'instance-started');
}

async function undoStart(context: InstanceContext<StartInput, object>): Promise<void> {
  const { isAutomatic } = context.input;
  await clearHost(context.deps, isAutomatic ? await documentOf(context) : await unwant(context));
}

/** An ephemeral instance that could not be started has not run: it waits for its next start, not for its end. */
async function unwant({ deps, input, project }: Context): Promise<Instance> {
  const edit = (instance: Instance): Instance => ({
    ...instance,
    wants: 'stopped',
    lastUsedAt: instance.ephemeral ? undefined : instance.lastUsedAt,
  });
  return deps.records.change(project, input.id, edit);
}

export const startInstance: Definition<StartInput> = {
  kind: 'instance.start',
  describe: ({ name }) => `Starting instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'undo',
  isCancellable: true,
  steps: [{ name: 'start', do: start, undo: undoStart }],
};

async function stop(context: InstanceContext<StopInput, object>): Promise<Exit> {
  const instance = context.input.isHostGoingDown ? await documentOf(context) : await want(context, 'stopped');
  const exit = await stopRunning(context.deps, instance, context.input.graceMs, context.signal);
  publishLifecycle(
    context,
    instance.name,
    exit.reason === 'killed' ? 'instance-stopped' : 'instance-shutdown',
  );
  return exit;
}

async function stopAndForget(context: InstanceContext<StopInput, object>): Promise<void> {
  await stop(context);
}

/** With it ends an ephemeral instance: whoever waited for the end may use its name. */
export const stopInstance: Definition<StopInput> = {
  kind: 'instance.stop',
  describe: ({ name }) => `Stopping instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  usesReserve: true,
  steps: [
    { name: 'stop', do: stopAndForget },
    { name: 'delete-ephemeral', do: deleteIfEphemeral },
  ],
};

async function startAgain(context: Context): Promise<void> {
  const instance = await want(context, 'running');
  await startRunning(context.deps, instance, context.signal);
  publishLifecycle(context, instance.name, 'instance-restarted');
}

export const restartInstance: Definition<StopInput> = {
  kind: 'instance.restart',
  describe: ({ name }) => `Restarting instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  usesReserve: true,
  steps: [
    { name: 'stop', do: stopAndForget },
    { name: 'start', do: startAgain, undo: undoStart },
  ],
};

async function pause(context: Context): Promise<void> {
  const instance = await documentOf(context);
  context.deps.runtimes.passing(instance.id, 'pausing');
  await engineFor(context.deps, instance.type).pause(instance.id, context.signal);
  await context.deps.runtimes.settled(instance.id, 'paused');
  publishLifecycle(context, instance.name, 'instance-paused');
}

async function resume(context: Context): Promise<void> {
  const instance = await documentOf(context);
  await engineFor(context.deps, instance.type).resume(instance.id, context.signal);
  await context.deps.runtimes.settled(instance.id, 'running');
  publishLifecycle(context, instance.name, 'instance-resumed');
}

async function undoPause(context: Context): Promise<void> {
  try {
    await resume(context);
  } catch (error) {
    if (!hasRunEnded(error)) throw error;
    const { runtimes } = context.deps;
    // Whoever clears that away waits for the end of the pausing.
    if (runtimes.get(context.input.id).handle) runtimes.passing(context.input.id, 'running');
  }
}

export const pauseInstance: Definition<InstanceInput> = {
  kind: 'instance.pause',
  describe: ({ name }) => `Pausing instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'undo',
  steps: [{ name: 'pause', do: pause, undo: undoPause }],
};

export const resumeInstance: Definition<InstanceInput> = {
  kind: 'instance.resume',
  describe: ({ name }) => `Resuming instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  usesReserve: true,
  steps: [{ name: 'resume', do: resume }],
};

/**
 * After init ended by itself: clears the host and, for a reboot, starts it again. `isAfterBoot`: it ended
 * with the host, and its owner still wants it to run.
 */
type SettleInput = InstanceInput & { exit: Exit; restart: boolean; isAfterBoot?: boolean };

async function clear(context: InstanceContext<SettleInput, object>): Promise<void> {
  const { deps, input } = context;
  const instance = await documentOf(context);
  await clearAfterRun(deps, instance);
  if (input.restart) return;
  if (!input.isAfterBoot) await want(context, 'stopped');
  if (input.exit.reason === 'crashed') await deps.runtimes.failed(instance.id, input.exit.detail);
  publishLifecycle(context, instance.name, 'instance-shutdown', { reason: input.exit.reason });
}

async function startAfterExit(context: InstanceContext<SettleInput, object>): Promise<void> {
  if (context.input.restart) await startAgain(context);
}

export const settleInstance: Definition<SettleInput> = {
  kind: 'instance.settle',
  describe: ({ name, restart }) =>
    restart ? `Rebooting instance ${name}` : `Clearing up after instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  usesReserve: true,
  steps: [
    { name: 'clear', do: clear },
    { name: 'start', do: startAfterExit, undo: undoStart },
  ],
};
