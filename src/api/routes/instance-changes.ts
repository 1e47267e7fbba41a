import { type InstancePut, routes } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceChange, InstanceView } from '#service/instances/instances.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import { changeNewest } from './change-newest.ts';

/** Serves changes of an instance's configuration: PUT replaces the writable part, PATCH merges into it. */
export function serveInstanceChanges({ app, services: { instances } }: Context): void {
  serve(app, routes.putInstance, async ({ params: { name }, query, body, project, etag }) => {
    requireSameArchitecture(body, await instances.get(project, name));
    return instances.update(project, name, { ...replacement(body), isForced: query.force }, etag);
  });
  serve(app, routes.patchInstance, ({ params: { name }, query, body, project, etag }) => {
    const read = () => instances.get(project, name);
    return changeNewest(etag, read, (view, version) => {
      requireSameArchitecture(body, view);
      return instances.update(project, name, { ...merged(body, view), isForced: query.force }, version);
    });
  });
}

function requireSameArchitecture({ architecture }: InstancePut, { instance }: InstanceView): void {
  if (!architecture || architecture === instance.architecture) return;
  throw new Fault('invalid', `The architecture of "${instance.name}" cannot be changed`);
}

const replacement = (body: InstancePut): InstanceChange => ({
  description: body.description ?? '',
  config: body.config ?? {},
  devices: body.devices ?? {},
  profiles: body.profiles ?? [],
  ephemeral: body.ephemeral ?? false,
});

const merged = (body: InstancePut, { instance }: InstanceView): InstanceChange => ({
  description: body.description,
  config: body.config ? { ...instance.config, ...body.config } : undefined,
  devices: body.devices ? { ...instance.devices, ...body.devices } : undefined,
  profiles: body.profiles ?? undefined,
  ephemeral: body.ephemeral,
});
