import { measureTree } from '#image/fingerprint.ts';
import type { Recipe } from '#image/recipe.ts';
import { Fault } from '#model/fault.ts';
import type { Image } from '#model/image.ts';
import type { OperationDefinition, StepContext } from '#operation/operation.ts';
import type { ImageDeps } from '../deps.ts';
import { originOf, publishAliasEvent, publishImageEvent } from '../deps.ts';

export interface BuildInput {
  recipe: string;
  alias: string;
}

interface BuildWork {
  folder: string;
  fingerprint: string;
  sizeBytes: number;
  /** The pool had no such tree before. */
  isNewInPool: boolean;
}

type Context = StepContext<BuildInput, BuildWork, ImageDeps>;

const folderName = ({ operationId }: Context): string => `build-${operationId}`;

/** Throws `not-found`: a daemon that comes after a crash may be a version without it. */
function recipeOf({ deps, input }: Context): Recipe {
  const recipe = deps.recipes.get(input.recipe);
  if (recipe) return recipe;
  throw new Fault('not-found', `There is no recipe "${input.recipe}" any more`);
}

async function makeFolder(context: Context): Promise<void> {
  context.work.folder = await context.deps.pool.makeBuildFolder(folderName(context));
}

async function removeFolder(context: Context): Promise<void> {
  await context.deps.pool.removeBuildFolder(folderName(context));
}

async function build(context: Context): Promise<void> {
  const { work, signal } = context;
  await recipeOf(context).build(work.folder as string, signal, (progress) => context.report(progress));
  context.report({ stage: 'Computing the fingerprint' });
  const { fingerprint, sizeBytes } = await measureTree(work.folder as string, signal);
  Object.assign(work, { fingerprint, sizeBytes });
}

async function publish(context: Context): Promise<void> {
  const { deps, work } = context;
  const fingerprint = work.fingerprint as string;
  context.report({ stage: 'Publishing' });
  // Known before it is acted on: undoing must leave a tree alone that was there before.
  work.isNewInPool ??= !(await deps.pool.contents()).images.includes(fingerprint);
  await context.remember();
  await deps.pool.publishImage(work.folder as string, fingerprint);
}

async function unpublish({ deps, work, project }: Context): Promise<void> {
  if (!work.isNewInPool || work.fingerprint === undefined) return;
  if (await deps.records.find(project, work.fingerprint)) return;
  await deps.pool.removeImage(work.fingerprint);
}

async function record(context: Context): Promise<void> {
  const { deps, input, work, project } = context;
  const { recipe, alias } = input;
  const { fingerprint, sizeBytes } = work as BuildWork;
  const before = await deps.records.find(project, fingerprint);
  const aliasBefore = await deps.records.findAlias(project, alias);
  const image = describeBuilt(recipeOf(context), { project, fingerprint, sizeBytes }, before?.value);
  const description = aliasBefore?.value.description ?? '';
  await deps.records.publish(image, { project, name: alias, description, fingerprint });
  const action = before ? 'image-updated' : 'image-created';
  publishImageEvent(deps, project, { action, fingerprint, context: { recipe } });
  const aliasAction = aliasBefore ? 'image-alias-updated' : 'image-alias-created';
  publishAliasEvent(deps, project, { action: aliasAction, name: alias, context: { target: fingerprint } });
}

/** The document of an image that `recipe` built; `before` is what stood there for the same tree. */
export function describeBuilt(
  recipe: Recipe,
  built: Pick<Image, 'project' | 'fingerprint' | 'sizeBytes'>,
  before?: Image,
): Image {
  const now = new Date().toISOString();
  return {
    ...built,
    types: recipe.types,
    architecture: recipe.architecture,
    properties: { ...recipe.properties, description: recipe.description, serial: now.slice(0, 10) },
    createdAt: before?.createdAt ?? now,
    uploadedAt: now,
    lastUsedAt: before?.lastUsedAt,
    init: recipe.init,
    origin: originOf(recipe.name),
  };
}

/** Builds an image by a recipe: a tree in the pool, its document, an alias. */
export const buildImage: OperationDefinition<BuildInput, BuildWork, ImageDeps> = {
  kind: 'image.build',
  describe: ({ recipe }) => `Building image ${recipe}`,
  resources: ({ recipe }) => ({ 'image-recipes': [recipe] }),
  afterCrash: 'undo',
  isCancellable: true,
  result: (_input, { fingerprint }) => ({ fingerprint }),
  steps: [
    { name: 'make-folder', do: makeFolder, undo: removeFolder },
    { name: 'build', do: build },
    { name: 'publish', do: publish, undo: unpublish },
    { name: 'record', do: record },
  ],
};
