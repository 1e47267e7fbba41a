import { type ProfilePut, routes } from '#contract/contract.ts';
import type { Profile } from '#model/profile.ts';
import type { Context } from '../context.ts';
import { serve } from '../http/serve.ts';
import { profileDocument } from '../views/profile.ts';
import { changeNewest } from './change-newest.ts';

const profilePath = (name: string): string => `/1.0/profiles/${encodeURIComponent(name)}`;

export function serveProfiles({ app, services: { profiles } }: Context): void {
  serve(app, routes.listProfiles, async ({ query, project }) => {
    const documents = (await profiles.list(project)).map(profileDocument);
    return query.recursion ? documents : documents.map(({ name }) => profilePath(name));
  });
  serve(app, routes.createProfile, async ({ body, project }) => {
    const { name, description = '', config, devices } = body;
    await profiles.create({ project, name, description, config: config ?? {}, devices: devices ?? {} });
    return profilePath(name);
  });
  serve(app, routes.getProfile, async ({ params, project }) => {
    const view = await profiles.get(project, params.name);
    return { metadata: profileDocument(view), etag: view.etag };
  });
  serve(app, routes.putProfile, async ({ params, body, project, etag }) => {
    await profiles.update(project, params.name, replacement(body), etag);
    return {};
  });
  serve(app, routes.patchProfile, async ({ params, body, project, etag }) => {
    const read = () => profiles.get(project, params.name);
    await changeNewest(etag, read, ({ profile }, version) =>
      profiles.update(project, params.name, merged(body, profile), version),
    );
    return {};
  });
  serve(app, routes.renameProfile, async ({ params, body, project }) => {
    await profiles.rename(project, params.name, body.name);
    return profilePath(body.name);
  });
  serve(app, routes.deleteProfile, async ({ params, project }) => {
    await profiles.delete(project, params.name);
    return {};
  });
}

const replacement = ({ description, config, devices }: ProfilePut) => ({
  description: description ?? '',
  config: config ?? {},
  devices: devices ?? {},
});

const merged = ({ description, config, devices }: ProfilePut, before: Profile) => ({
  description,
  config: config ? { ...before.config, ...config } : undefined,
  devices: devices ? { ...before.devices, ...devices } : undefined,
});
