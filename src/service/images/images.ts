import type { Image, ImageAlias } from '#model/image.ts';
import type { OperationHandle } from '#operation/operation.ts';

export interface Images {
  list(project: string): Promise<ImageView[]>;
  /** By fingerprint or an unambiguous beginning of one. Throws `not-found`, or `invalid` when ambiguous. */
  get(project: string, fingerprint: string): Promise<ImageView>;
  /** Builds one from the distribution's own packages. Result: `{ fingerprint }`. */
  build(request: BuildImage): Promise<OperationHandle>;
  /** Throws `busy` while instances stand on it. */
  delete(project: string, fingerprint: string): Promise<OperationHandle>;
  listAliases(project: string): Promise<ImageAlias[]>;
  getAlias(project: string, name: string): Promise<ImageAlias>;
  createAlias(alias: ImageAlias): Promise<void>;
  updateAlias(
    project: string,
    name: string,
    change: { fingerprint?: string | undefined; description?: string | undefined },
  ): Promise<void>;
  renameAlias(project: string, name: string, newName: string): Promise<void>;
  deleteAlias(project: string, name: string): Promise<void>;
}

export interface ImageView {
  image: Image;
  aliases: { name: string; description: string }[];
}

export interface BuildImage {
  project: string;
  /** What to build: `debian/12`, `busybox`. */
  recipe: string;
  /** Default: the recipe's name. */
  alias: string | undefined;
  /** Build again although an image of this recipe is there. */
  force: boolean;
}
