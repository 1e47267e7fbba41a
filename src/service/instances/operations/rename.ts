import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import type { InstanceContext, InstanceInput } from './input.ts';
import { instanceLocks, publishLifecycle } from './input.ts';

type RenameInput = InstanceInput & { newName: string };
type Context = InstanceContext<RenameInput, object>;

async function rename(context: Context): Promise<void> {
  const { deps, input, project } = context;
  await deps.records.rename(project, input.id, input.newName);
  await deps.networks.rename(input.id, input.newName);
}

async function undoRename({ deps, input, project }: Context): Promise<void> {
  await deps.records.rename(project, input.id, input.name);
  await deps.networks.rename(input.id, input.name);
}

async function announce(context: Context): Promise<void> {
  publishLifecycle(context, context.input.newName, 'instance-renamed', { old_name: context.input.name });
}

/** Host objects are named by the id, so that renaming a running instance touches none of them. */
export const renameInstance: OperationDefinition<RenameInput, object, InstanceDeps> = {
  kind: 'instance.rename',
  describe: ({ name, newName }) => `Renaming instance ${name} to ${newName}`,
  resources: ({ name, newName }) => ({ instances: [name, newName] }),
  locks: instanceLocks,
  afterCrash: 'undo',
  steps: [
    { name: 'rename', do: rename, undo: undoRename },
    { name: 'announce', do: announce },
  ],
};
