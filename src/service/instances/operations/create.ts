import type { Instance } from '#model/instance.ts';
import type { OperationDefinition } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';
import { imageUse } from '../../images/image-records.ts';
import { makeDisk } from '../disks.ts';
import { writeIdentity } from '../identity.ts';
import { releaseNics, reserveNics } from '../nics.ts';
import { expandInstance } from '../plan.ts';
import type { InstanceContext } from './input.ts';
import { instanceLocks, instanceResources, publishLifecycle } from './input.ts';
import { clearHost, startRunning } from './running.ts';

export interface CreateInput {
  name: string;
  instance: Instance;
  start: boolean;
}

type Context = InstanceContext<CreateInput, object>;

async function reserve({ deps, input, project }: Context): Promise<void> {
  const { instance } = input;
  await deps.records.reserveName(project, instance.name, instance.id);
  const expanded = await expandInstance(deps, instance);
  await reserveNics(deps.networks, instance, expanded.devices);
}

async function giveBack({ deps, input, project }: Context): Promise<void> {
  const { id, name } = input.instance;
  await releaseNics(deps.networks, id, deps.networks.devicesOf(id));
  await deps.idRanges.release(id);
  await deps.counters.forget(id);
  await deps.records.releaseName(project, name, id);
}

async function makeRoot(context: Context): Promise<void> {
  const { deps, input } = context;
  const { id, image, type } = input.instance;
  if (type === 'virtual-machine') {
    const { devices } = await expandInstance(deps, input.instance);
    return makeDisk(deps.pool, input.instance, devices, context);
  }
  await deps.pool.makeRoot(id, image);
  await writeIdentity(deps.pool.rootLayers(id, image).upper, deps.networks.resolver());
}

async function removeRoot({ deps, input }: Context): Promise<void> {
  await deps.pool.removeRoot(input.instance.id);
}

async function publish(context: Context): Promise<void> {
  const { deps, input, project } = context;
  for (let published = false; !published; ) {
    // Throws when the image or a profile is gone; one that others use at the same moment is only looked at again.
    const image = await deps.images.get(project, input.instance.image);
    const { compare, write } = imageUse(image, new Date().toISOString());
    const { compares, writes } = await deps.profiles.use(project, input.instance.profiles);
    published = await deps.records.publish(input.instance, {
      compares: [compare, ...compares],
      writes: [write, ...writes],
    });
  }
  publishLifecycle(context, context.input.name, 'instance-created', { type: context.input.instance.type });
}

async function unpublish(context: Context): Promise<void> {
  const { deps, input, project } = context;
  await deps.records.remove(project, input.name, input.instance.id);
  publishLifecycle(context, input.name, 'instance-deleted');
}

async function start(context: Context): Promise<void> {
  if (!context.input.start) return;
  await startRunning(context.deps, context.input.instance, context.signal);
  publishLifecycle(context, context.input.name, 'instance-started');
}

async function undoStart(context: Context): Promise<void> {
  if (context.input.start) await clearHost(context.deps, context.input.instance);
}

/** Makes an instance and, when asked to, starts it: all of that or nothing. Copies nothing. */
export const createInstance: OperationDefinition<CreateInput, object, InstanceDeps> = {
  kind: 'instance.create',
  describe: ({ name }) => `Creating instance ${name}`,
  resources: instanceResources,
  locks: ({ instance }) => instanceLocks(instance),
  afterCrash: 'undo',
  isCancellable: true,
  steps: [
    { name: 'reserve', do: reserve, undo: giveBack },
    { name: 'make-root', do: makeRoot, undo: removeRoot },
    { name: 'publish', do: publish, undo: unpublish },
    { name: 'start', do: start, undo: undoStart },
  ],
};
