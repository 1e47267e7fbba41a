import { isDeepStrictEqual } from 'node:util';
import { Fault } from '#model/fault.ts';
import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { engineFor } from '../deps.ts';
import { rootLimits } from '../disks.ts';
import { nextOf } from '../live.ts';
import { planForwards } from '../forwards.ts';
import { planMounts } from '../mounts.ts';
import { nicsOf, releaseGoneNics, reserveNics } from '../nics.ts';
import { expandInstance, makeRunPlan } from '../plan.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { hasRunEnded, instanceLocks, instanceResources, publishLifecycle } from './input.ts';

type UpdateInput = InstanceInput & { before: Instance; after: Instance; isForced: boolean };
type Context = InstanceContext<UpdateInput, object>;

/** What an update may change in the document; operations of other kinds change the rest. */
const changeable = ({ config, devices, profiles, description, ephemeral }: Instance) => ({
  config,
  devices,
  profiles,
  description,
  ephemeral,
});

const isSame = (a: Instance, b: Instance): boolean => isDeepStrictEqual(changeable(a), changeable(b));

async function write({ deps, input, project }: Context): Promise<void> {
  const { before, after } = input;
  const edit = (now: Instance): Instance => {
    // Between its being read and our turn, an update that was asked for at the same time may have ended.
    if (!isSame(now, before) && !isSame(now, after)) throw changedMeanwhile(input.name);
    return { ...now, ...changeable(after) };
  };
  const isNewUse = !isDeepStrictEqual(before.profiles, after.profiles);
  const uses = isNewUse ? () => deps.profiles.use(project, after.profiles) : undefined;
  await deps.records.change(project, input.id, edit, uses);
}

async function undoWrite({ deps, input, project }: Context): Promise<void> {
  const { before, after } = input;
  await deps.records.change(project, input.id, (now) =>
    isSame(now, after) ? { ...now, ...changeable(before) } : now,
  );
}

export const changedMeanwhile = (name: string): Fault =>
  new Fault('conflict', `"${name}" was changed by someone else in between`, {
    hint: 'Read it again and repeat the change.',
  });

const apply = (instance: 'before' | 'after') => async (context: Context) => {
  const { deps, input } = context;
  const { inEffect } = deps.runtimes.get(input.id);
  const wanted = await expandInstance(deps, input[instance]);
  planMounts(input[instance].type, wanted.devices); // a wrong one is refused now, not at the next start
  const nics = await reserveNics(deps.networks, input[instance], wanted.devices);
  planForwards(input[instance].type, wanted.devices, nics);
  // A NIC that is in use stays until the run ends.
  await releaseGoneNics(deps.networks, input.id, { ...inEffect?.devices, ...wanted.devices });
  if (!inEffect) return;
  const next = nextOf(deps, input.after, { inEffect, wanted });
  // Only what an init is started with may differ: nothing to be done now.
  if (isDeepStrictEqual(next, inEffect)) return;
  const plan = await makeRunPlan(deps, input[instance], next);
  // Noted first: should the daemon die in between, what was done so far is taken back by the difference.
  await deps.runtimes.changed(input.id, next);
  const [before, after] = [inEffect, next].map(({ devices }) => rootLimits(input.after.type, devices));
  const isOtherRoot = !isDeepStrictEqual(before, after);
  try {
    if (isOtherRoot && after) await deps.pool.limitRoot(input.id, after);
    await engineFor(deps, input[instance].type).update(plan, input, context.signal);
  } catch (error) {
    if (hasRunEnded(error)) return;
    if (isOtherRoot && before) await deps.pool.limitRoot(input.id, before);
    await deps.runtimes.changed(input.id, inEffect);
    throw error;
  }
};

/** Unless somebody else has changed it since, which is possible where this daemon finds what an earlier one left. */
async function undoApply(context: Context): Promise<void> {
  const { deps, input, project } = context;
  const entry = await deps.records.byId(project, input.id);
  if (entry && isSame(entry.value, input.after)) await apply('before')(context);
}

/** Whether an update would change nothing of a running instance or of what is reserved for it. */
export async function isUpToDate(deps: InstanceDeps, instance: Instance): Promise<boolean> {
  const { id } = instance;
  const { inEffect } = deps.runtimes.get(id);
  const wanted = await expandInstance(deps, instance);
  const devices = { ...inEffect?.devices, ...wanted.devices };
  const nics = nicsOf(devices).map(([name]) => name);
  const isReserved = isDeepStrictEqual(nics, deps.networks.devicesOf(id).toSorted());
  return (
    isReserved && (!inEffect || isDeepStrictEqual(nextOf(deps, instance, { inEffect, wanted }), inEffect))
  );
}

async function announce(context: Context): Promise<void> {
  publishLifecycle(context, context.input.name, 'instance-updated');
}

/**
 * Writes the new configuration and applies what is live to a running instance: both or neither. What is not live is
 * seen as pending until the next start.
 */
export const updateInstance: OperationDefinition<UpdateInput, object, InstanceDeps> = {
  kind: 'instance.update',
  describe: ({ name }) => `Updating instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'undo',
  steps: [
    { name: 'write', do: write, undo: undoWrite },
    { name: 'apply', do: apply('after'), undo: undoApply },
    { name: 'announce', do: announce },
  ],
};
