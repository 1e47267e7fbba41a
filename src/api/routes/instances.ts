import { type Instance, type InstanceFull, type InstancesPost, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';
import type { CreateInstance, InstanceView } from '#service/instances/instances.ts';
import type { Context } from '../context.ts';
import { filterOf } from '../filter/match-filter.ts';
import { serve } from '../http/serve.ts';
import { fullDocument, instanceDocument } from '../views/instance.ts';

/** Older names of the collection show one type each. */
const typesShown: Record<string, InstanceType> = {
  '/1.0/containers': 'container',
  '/1.0/virtual-machines': 'virtual-machine',
};

export function serveInstances(context: Context): void {
  const { app, services } = context;
  const { instances } = services;
  serve(app, routes.listInstances, ({ query, project, collection }) =>
    listInstances(context, project, collection, query),
  );
  serve(app, routes.createInstance, ({ body, project, collection }) =>
    instances.create(newInstance(body, project, typesShown[collection])),
  );
  serve(app, routes.getInstance, async ({ params: { name }, query, project }) => {
    const view = await instances.get(project, name);
    const metadata = query.recursion
      ? fullDocument(view, await instances.state(project, name))
      : instanceDocument(view);
    return { metadata, etag: view.etag };
  });
  serve(app, routes.renameInstance, ({ params, body, project }) =>
    instances.rename(project, params.name, body.name),
  );
  serve(app, routes.deleteInstance, ({ params, project }) => instances.delete(project, params.name));
}

async function listInstances(
  { services: { instances } }: Context,
  project: string,
  collection: string,
  query: { recursion?: number; filter?: string },
): Promise<string[] | Instance[] | InstanceFull[]> {
  const type = typesShown[collection];
  const passes = filterOf(query.filter);
  const all = await instances.list(project);
  const shown = all.filter((view) => type === undefined || view.instance.type === type);
  if (query.recursion === 2) {
    const states = await instances.states(project);
    const full = (view: InstanceView): InstanceFull[] => {
      const state = states.get(view.instance.name);
      // Absent: deleted between the two looks.
      return state ? [fullDocument(view, state)] : [];
    };
    return shown.flatMap(full).filter(passes);
  }
  const documents = shown.map(instanceDocument).filter(passes);
  return query.recursion === 1 ? documents : documents.map(({ name }) => `${collection}/${name}`);
}

function newInstance(
  body: InstancesPost,
  project: string,
  defaultType: InstanceType | undefined,
): CreateInstance {
  return {
    project,
    name: body.name || undefined,
    type: body.type || defaultType || 'container',
    source: sourceOf(body.source),
    description: body.description ?? '',
    config: body.config ?? {},
    devices: body.devices ?? {},
    profiles: body.profiles ?? undefined,
    ephemeral: body.ephemeral ?? false,
    start: body.start ?? false,
  };
}

function sourceOf({ type, fingerprint, alias }: InstancesPost['source']): CreateInstance['source'] {
  if (type !== 'image') {
    throw new Fault('unsupported', `An instance cannot be made from the source "${type}"`, {
      hint: 'Use an image: {"type": "image", "alias": "debian/12"}.',
    });
  }
  if (fingerprint) return { fingerprint };
  if (alias) return { alias };
  throw new Fault('invalid', 'The source names no image', { hint: 'Give its alias or its fingerprint.' });
}
