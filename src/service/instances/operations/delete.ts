import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { releaseNics } from '../nics.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { instanceLocks, instanceResources, publishLifecycle } from './input.ts';
import { clearHost } from './running.ts';

type DeleteInput = InstanceInput & { instance: Instance };
type Context = InstanceContext<InstanceInput, object>;

async function clear({ deps, input }: InstanceContext<DeleteInput, object>): Promise<void> {
  await clearHost(deps, input.instance);
}

async function removeDisk({ deps, input }: Context): Promise<void> {
  await deps.pool.removeRoot(input.id);
}

// Its document goes last: until then a half-deleted instance is seen, and can be deleted again.
async function forget(context: Context): Promise<void> {
  const { deps, input, project } = context;
  await releaseNics(deps.networks, input.id, deps.networks.devicesOf(input.id));
  await deps.idRanges.release(input.id);
  await deps.counters.forget(input.id);
  await deps.records.remove(project, input.name, input.id);
  publishLifecycle(context, input.name, 'instance-deleted');
}

/** Deletes it if it was to live until its end, which has come: after a run whose remains were cleared. */
export async function deleteIfEphemeral(context: Context): Promise<void> {
  const entry = await context.deps.records.byId(context.project, context.input.id);
  if (!entry?.value.ephemeral) return; // or it has been deleted already, before a crash
  await removeDisk(context);
  await forget(context);
}

export const deleteInstance: OperationDefinition<DeleteInput, object, InstanceDeps> = {
  kind: 'instance.delete',
  describe: ({ name }) => `Deleting instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  usesReserve: true,
  steps: [
    { name: 'clear', do: clear },
    { name: 'remove-disk', do: removeDisk },
    { name: 'forget', do: forget },
  ],
};
