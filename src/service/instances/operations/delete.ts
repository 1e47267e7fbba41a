import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { releaseNics } from '../nics.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { instanceLocks, instanceResources, publishLifecycle } from './input.ts';
import { clearHost } from './running.ts';

type DeleteInput = InstanceInput & { instance: Instance };
type Context = InstanceContext<DeleteInput, object>;

async function clear({ deps, input }: Context): Promise<void> {
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

export const deleteInstance: OperationDefinition<DeleteInput, object, InstanceDeps> = {
  kind: 'instance.delete',
  describe: ({ name }) => `Deleting instance ${name}`,
  resources: instanceResources,
  locks: instanceLocks,
  afterCrash: 'finish',
  steps: [
    { name: 'clear', do: clear },
    { name: 'remove-disk', do: removeDisk },
    { name: 'forget', do: forget },
  ],
};
