import { formatBytes } from '#base/units.ts';
import type { Recipe } from '#image/recipe.ts';
import { Fault } from '#model/fault.ts';
import type { Image, ImageAlias } from '#model/image.ts';
import type { OperationHandle, Operations } from '#operation/operation.ts';
import type { Entry } from '#store/store.ts';
import type { ImageDeps } from './deps.ts';
import { originOf, publishAliasEvent } from './deps.ts';
import type { BuildImage, Images, ImageView } from './images.ts';
import { buildImage } from './operations/build.ts';
import { deleteImage, requireUnused } from './operations/delete.ts';

const aliasRule = /^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,126}$/;

export class ImageService implements Images {
  readonly #deps: ImageDeps;
  readonly #operations: Operations;

  constructor(deps: ImageDeps, operations: Operations) {
    this.#deps = deps;
    this.#operations = operations;
  }

  async list(project: string): Promise<ImageView[]> {
    const [images, aliases] = await Promise.all([
      this.#deps.records.list(project),
      this.#deps.records.listAliases(project),
    ]);
    return images.map((image) => viewOf(image, aliases));
  }

  async get(project: string, fingerprint: string): Promise<ImageView> {
    const { value } = await this.#deps.records.get(project, fingerprint);
    return viewOf(value, await this.#deps.records.listAliases(project));
  }

  async build(request: BuildImage): Promise<OperationHandle> {
    const { project, recipe, force } = request;
    const alias = request.alias ?? recipe;
    const { buildBytes } = this.#recipe(recipe);
    requireAliasName(alias);
    await this.#requireOwnAlias(project, alias, recipe);
    const built = force ? undefined : await this.#deps.records.newestFrom(project, originOf(recipe));
    if (built) return this.#alreadyBuilt(built, recipe, alias);
    await this.#requireSpace(recipe, buildBytes);
    return this.#operations.start(buildImage, { recipe, alias }, { project, deps: this.#deps });
  }

  async delete(project: string, fingerprint: string): Promise<OperationHandle> {
    const { value: image } = await this.#deps.records.get(project, fingerprint);
    await requireUnused(this.#deps, image);
    const recipe = [...this.#deps.recipes.keys()].find((name) => originOf(name) === image.origin);
    const input = { fingerprint: image.fingerprint, recipe };
    return this.#operations.start(deleteImage, input, { project, deps: this.#deps });
  }

  async listAliases(project: string): Promise<ImageAlias[]> {
    return this.#deps.records.listAliases(project);
  }

  async getAlias(project: string, name: string): Promise<ImageAlias> {
    return (await this.#alias(project, name)).value;
  }

  async createAlias(alias: ImageAlias): Promise<void> {
    requireAliasName(alias.name);
    const { value: image } = await this.#deps.records.get(alias.project, alias.fingerprint);
    const whole = { ...alias, fingerprint: image.fingerprint };
    if (!(await this.#deps.records.createAlias(whole))) throw aliasTaken(alias.name);
    const context = { target: image.fingerprint };
    publishAliasEvent(this.#deps, alias.project, {
      action: 'image-alias-created',
      name: alias.name,
      context,
    });
  }

  async updateAlias(
    project: string,
    name: string,
    change: { fingerprint?: string | undefined; description?: string | undefined },
  ): Promise<void> {
    const entry = await this.#alias(project, name);
    const image = await this.#deps.records.get(project, change.fingerprint ?? entry.value.fingerprint);
    const { fingerprint } = image.value;
    const alias = { ...entry.value, fingerprint, description: change.description ?? entry.value.description };
    if (!(await this.#deps.records.replaceAlias(entry, alias))) throw aliasChanged(name);
    const context = { target: fingerprint };
    publishAliasEvent(this.#deps, project, { action: 'image-alias-updated', name, context });
  }

  async renameAlias(project: string, name: string, newName: string): Promise<void> {
    requireAliasName(newName);
    const entry = await this.#alias(project, name);
    if (name === newName) return;
    if (!(await this.#deps.records.replaceAlias(entry, { ...entry.value, name: newName }))) {
      throw aliasTaken(newName);
    }
    const context = { old_name: name };
    publishAliasEvent(this.#deps, project, { action: 'image-alias-renamed', name: newName, context });
  }

  async deleteAlias(project: string, name: string): Promise<void> {
    await this.#alias(project, name);
    await this.#deps.records.removeAlias(project, name);
    publishAliasEvent(this.#deps, project, { action: 'image-alias-deleted', name });
  }

  async #alias(project: string, name: string): Promise<Entry<ImageAlias>> {
    const entry = await this.#deps.records.findAlias(project, name);
    if (entry) return entry;
    throw new Fault('not-found', `There is no image "${name}"`, {
      hint: this.#deps.recipes.has(name)
        ? `It can be built: wadah image build ${name}`
        : 'wadah image list shows all.',
    });
  }

  #recipe(name: string): Recipe {
    const recipe = this.#deps.recipes.get(name);
    if (recipe) return recipe;
    throw new Fault('not-found', `There is no recipe for an image "${name}"`, {
      hint: `These can be built: ${[...this.#deps.recipes.keys()].join(', ')}.`,
    });
  }

  async #requireSpace(recipe: string, bytes: number): Promise<void> {
    const { freeBytes } = await this.#deps.pool.space();
    if (freeBytes >= bytes) return;
    const room = `it takes ${formatBytes(bytes)} of disk, ${formatBytes(freeBytes)} is free`;
    throw new Fault('insufficient', `Cannot build image "${recipe}": ${room}`, {
      hint: 'Free some of it, or delete images that nobody uses: wadah image list.',
    });
  }

  /** An alias that someone gave to an image of another origin is not taken away by a build. */
  async #requireOwnAlias(project: string, alias: string, recipe: string): Promise<void> {
    const entry = await this.#deps.records.findAlias(project, alias);
    const target = entry && (await this.#deps.records.find(project, entry.value.fingerprint));
    if (target && target.value.origin !== originOf(recipe)) throw aliasTaken(alias);
  }

  #alreadyBuilt(image: Image, recipe: string, alias: string): OperationHandle {
    const { project, fingerprint } = image;
    const description = `Image ${recipe} is built already`;
    const resources = { images: [fingerprint] };
    return this.#operations.session({ kind: 'image.build', description, resources, project }, async () => {
      if (!(await this.#deps.records.findAlias(project, alias))) {
        await this.createAlias({ project, name: alias, description: '', fingerprint });
      }
      return { fingerprint };
    });
  }
}

function viewOf(image: Image, aliases: readonly ImageAlias[]): ImageView {
  const own = aliases.filter(({ fingerprint }) => fingerprint === image.fingerprint);
  return { image, aliases: own.map(({ name, description }) => ({ name, description })) };
}

function requireAliasName(name: string): void {
  if (aliasRule.test(name)) return;
  throw new Fault('invalid', `"${name}" cannot be the name of an image`, {
    hint: 'Use up to 127 letters, digits and the signs . _ : / + -, beginning with a letter or digit.',
  });
}

function aliasTaken(name: string): Fault {
  return new Fault('exists', `The image name "${name}" is taken`, {
    hint: 'Choose another one, or delete that alias first.',
  });
}

function aliasChanged(name: string): Fault {
  return new Fault('conflict', `The alias "${name}" was changed by someone else in between`, {
    hint: 'Read it again and repeat the change.',
  });
}
