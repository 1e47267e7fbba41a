import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { engineFor } from '../deps.ts';
import { releaseNics, reserveNics } from '../nics.ts';
import { expandInstance, makeRunPlan } from '../plan.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { instanceResources, publishLifecycle } from './input.ts';

type UpdateInput = InstanceInput & { before: Instance; after: Instance };
type Context = InstanceContext<UpdateInput, object>;

const write = (instance: 'before' | 'after') => async (context: Context) => {
  const { deps, input, project } = context;
  const wanted = input[instance];
  const edit = (now: Instance): Instance => ({
    ...wanted,
    wants: now.wants,
    lastUsedAt: now.lastUsedAt,
    name: now.name,
  });
  await deps.records.change(project, input.id, edit);
};

const apply = (instance: 'before' | 'after') => async (context: Context) => {
  const { deps, input } = context;
  const { state } = deps.runtimes.get(input.id);
  const expanded = await expandInstance(deps, input[instance]);
  await reserveNics(deps.networks, input[instance], expanded.devices);
  if (state === 'running' || state === 'paused') {
    await engineFor(deps, input[instance].type).update(
      await makeRunPlan(deps, input[instance]),
      context.signal,
    );
    return;
  }
  const gone = deps.networks
    .devicesOf(input.id)
    .filter((device) => expanded.devices[device]?.['type'] !== 'nic');
  await releaseNics(deps.networks, input.id, gone);
};

async function announce(context: Context): Promise<void> {
  publishLifecycle(context, context.input.name, 'instance-updated');
}

/** Writes the new configuration and applies what is live to a running instance: both or neither. */
export const updateInstance: OperationDefinition<UpdateInput, object, InstanceDeps> = {
  kind: 'instance.update',
  describe: ({ name }) => `Updating instance ${name}`,
  resources: instanceResources,
  afterCrash: 'undo',
  steps: [
    { name: 'write', do: write('after'), undo: write('before') },
    { name: 'apply', do: apply('after'), undo: apply('before') },
    { name: 'announce', do: announce },
  ],
};
