import { type ImageAlias, routes } from '#contract/contract.ts';
import { etagOf } from '#base/etag.ts';
import { Fault } from '#model/fault.ts';
import type { Context } from '../context.ts';
import { requireUnchanged } from '../http/call.ts';
import { serve } from '../http/serve.ts';
import { aliasDocument } from '../views/image.ts';

const aliasPath = (name: string): string => `/1.0/images/aliases/${encodeURIComponent(name)}`;

const etagOfAlias = ({ description, target }: ImageAlias): string => etagOf({ description, target });

export function serveAliases(context: Context): void {
  const { app, services } = context;
  const { images } = services;
  serve(app, routes.listAliases, async ({ query, project }) => {
    if (!query.recursion) return (await images.listAliases(project)).map(({ name }) => aliasPath(name));
    const all = await images.list(project);
    return all.flatMap(({ image, aliases }) => aliases.map((alias) => aliasDocument(alias, image)));
  });
  serve(app, routes.createAlias, async ({ body, project }) => {
    const { image } = await images.get(project, body.target);
    const { name, description = '' } = body;
    await images.createAlias({ project, name, description, fingerprint: image.fingerprint });
    return aliasPath(name);
  });
  serve(app, routes.getAlias, async ({ params, project }) => {
    const metadata = await readAlias(context, project, params.name);
    return { metadata, etag: etagOfAlias(metadata) };
  });
  serve(app, routes.putAlias, async ({ params: { name }, body, project, etag }) => {
    if (!body.target) throw new Fault('invalid', 'The alias needs a target', { hint: 'Give a fingerprint.' });
    await changeAlias(context, project, name, { description: '', ...body }, etag);
    return {};
  });
  serve(app, routes.patchAlias, async ({ params: { name }, body, project, etag }) => {
    await changeAlias(context, project, name, body, etag);
    return {};
  });
  serve(app, routes.renameAlias, async ({ params, body, project }) => {
    await images.renameAlias(project, params.name, body.name);
    return aliasPath(body.name);
  });
  serve(app, routes.deleteAlias, async ({ params, project }) => {
    await images.deleteAlias(project, params.name);
    return {};
  });
}

async function readAlias(
  { services: { images } }: Context,
  project: string,
  name: string,
): Promise<ImageAlias> {
  const alias = await images.getAlias(project, name);
  const { image } = await images.get(project, alias.fingerprint);
  return aliasDocument(alias, image);
}

async function changeAlias(
  context: Context,
  project: string,
  name: string,
  { target, description }: { target?: string; description?: string },
  etag: string | undefined,
): Promise<void> {
  const { images } = context.services;
  if (etag !== undefined) {
    requireUnchanged(etag, etagOfAlias(await readAlias(context, project, name)));
  }
  const fingerprint = target ? (await images.get(project, target)).image.fingerprint : undefined;
  await images.updateAlias(project, name, { fingerprint, description });
}
