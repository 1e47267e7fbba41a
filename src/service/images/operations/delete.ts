import { Fault } from '#model/fault.ts';
import type { Image } from '#model/image.ts';
import type { OperationDefinition, StepContext } from '#operation/operation.ts';
import type { ImageDeps } from '../deps.ts';
import { publishAliasEvent, publishImageEvent } from '../deps.ts';

export interface DeleteInput {
  fingerprint: string;
  /** So that nobody builds the same image while it goes. */
  recipe: string | undefined;
}

type Context = StepContext<DeleteInput, object, ImageDeps>;

/** Throws `busy` while instances stand on the image. */
export async function requireUnused(
  deps: ImageDeps,
  image: Pick<Image, 'project' | 'fingerprint'>,
): Promise<void> {
  const users = (await deps.instances.list(image.project)).filter(
    (instance) => instance.image === image.fingerprint,
  );
  const [first, ...others] = users;
  if (!first) return;
  const who =
    others.length > 0 ? `"${first.name}" and ${others.length} more stand` : `"${first.name}" stands`;
  throw new Fault('busy', `Cannot delete image ${image.fingerprint.slice(0, 12)}: ${who} on it`, {
    hint: 'An image can be deleted when no instance that was made from it is left.',
  });
}

async function forget({ deps, input, project }: Context): Promise<void> {
  const { fingerprint } = input;
  for (let gone = false; !gone; ) {
    const entry = await deps.records.find(project, fingerprint);
    if (!entry) break;
    await requireUnused(deps, entry.value);
    // An instance that is made meanwhile touches the image's document: then we look again.
    gone = await deps.records.remove(entry);
  }
  for (const { name, fingerprint: target } of await deps.records.listAliases(project)) {
    if (target !== fingerprint) continue;
    await deps.records.removeAlias(project, name);
    publishAliasEvent(deps, project, { action: 'image-alias-deleted', name });
  }
}

async function removeTree({ deps, input, project }: Context): Promise<void> {
  await deps.pool.removeImage(input.fingerprint);
  publishImageEvent(deps, project, { action: 'image-deleted', fingerprint: input.fingerprint });
}

/** Deletes an image, its aliases and its tree. Nothing can start from it any more once it has begun. */
export const deleteImage: OperationDefinition<DeleteInput, object, ImageDeps> = {
  kind: 'image.delete',
  describe: ({ fingerprint }) => `Deleting image ${fingerprint.slice(0, 12)}`,
  resources: ({ fingerprint, recipe }) => ({
    images: [fingerprint],
    ...(recipe === undefined ? {} : { 'image-recipes': [recipe] }),
  }),
  afterCrash: 'finish',
  usesReserve: true,
  steps: [
    { name: 'forget', do: forget },
    { name: 'remove-tree', do: removeTree },
  ],
};
