import { type Project, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';

/** Serves the one project there is. */
export function serveProjects(context: Context): void {
  serve(context.app, routes.listProjects, async ({ query }) =>
    query.recursion ? [await defaultProject(context)] : ['/1.0/projects/default'],
  );
  serve(context.app, routes.getProject, ({ params: { name } }) => {
    if (name === 'default') return defaultProject(context);
    throw new Fault('not-found', `There is no project "${name}"`, { hint: 'There is one so far: default.' });
  });
}

async function defaultProject({ services }: Context): Promise<Project> {
  const name = 'default';
  const [instances, profiles, images] = await Promise.all([
    services.instances.list(name),
    services.profiles.list(name),
    services.images.list(name),
  ]);
  return {
    name,
    description: 'Default Wadah project',
    config: { 'features.images': 'true', 'features.networks': 'true', 'features.profiles': 'true' },
    used_by: [
      ...instances.map(({ instance }) => `/1.0/instances/${instance.name}`),
      ...profiles.map(({ profile }) => `/1.0/profiles/${profile.name}`),
      ...images.map(({ image }) => `/1.0/images/${image.fingerprint}`),
    ],
  };
}
