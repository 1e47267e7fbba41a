import { type ImagesPost, routes } from '#contract/contract.ts';
import { etagOf } from '#base/etag.ts';
import { Fault } from '#model/fault.ts';
import type { BuildImage } from '#service/images/images.ts';
import type { Context } from '../context.ts';
import { filterOf } from '../filter/match-filter.ts';
import { serve } from '../http/serve.ts';
import { imageDocument } from '../views/image.ts';

export function serveImages({ app, services: { images } }: Context): void {
  serve(app, routes.listImages, async ({ query, project }) => {
    const documents = (await images.list(project)).map(imageDocument).filter(filterOf(query.filter));
    return query.recursion ? documents : documents.map(({ fingerprint }) => `/1.0/images/${fingerprint}`);
  });
  serve(app, routes.createImage, ({ body, project }) => images.build(buildOf(body, project)));
  serve(app, routes.getImage, async ({ params, project }) => {
    const metadata = imageDocument(await images.get(project, params.fingerprint));
    return { metadata, etag: etagOf(metadata) };
  });
  serve(app, routes.deleteImage, ({ params, project }) => images.delete(project, params.fingerprint));
}

function buildOf({ source, aliases }: ImagesPost, project: string): BuildImage {
  if (source.type !== 'wadah-build') {
    throw new Fault('unsupported', `An image cannot be made from the source "${source.type}"`, {
      hint: 'Build it: {"type": "wadah-build", "recipe": "debian/12"}.',
    });
  }
  if (!source.recipe) {
    throw new Fault('invalid', 'The source names no recipe', { hint: 'For example "recipe": "debian/12".' });
  }
  return { project, recipe: source.recipe, alias: aliases?.[0]?.name, force: source.force ?? false };
}
