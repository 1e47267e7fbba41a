import { Fault } from '#model/fault.ts';
import type { Image, ImageAlias } from '#model/image.ts';
import type { Compare, Entry, Store, Write } from '#store/store.ts';

const imageKey = (project: string, fingerprint: string): string => `${project}/image/${fingerprint}`;
const aliasKey = (project: string, name: string): string => `${project}/image-alias/${name}`;

/** Documents of images and of their other names in the shared store. */
export class ImageRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(project: string): Promise<Image[]> {
    return (await this.#store.range<Image>(imageKey(project, ''))).map(({ value }) => value);
  }

  async find(project: string, fingerprint: string): Promise<Entry<Image> | undefined> {
    return this.#store.get<Image>(imageKey(project, fingerprint));
  }

  /** By a fingerprint or an unambiguous beginning of one. Throws `not-found` or `invalid`. */
  async get(project: string, beginning: string): Promise<Entry<Image>> {
    const found = /^[0-9a-f]{1,64}$/.test(beginning)
      ? await this.#store.range<Image>(imageKey(project, beginning), { limit: 2 })
      : [];
    const [image, another] = found;
    if (!image) {
      throw new Fault('not-found', `There is no image "${beginning}"`, {
        hint: 'wadah image list shows all.',
      });
    }
    if (another) {
      throw new Fault('invalid', `Several images begin with "${beginning}"`, {
        hint: 'Give more of the fingerprint.',
      });
    }
    return image;
  }

  /** The newest image that came from `origin`. */
  async newestFrom(project: string, origin: string): Promise<Image | undefined> {
    const images = (await this.list(project)).filter((image) => image.origin === origin);
    return images.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
  }

  async listAliases(project: string): Promise<ImageAlias[]> {
    return (await this.#store.range<ImageAlias>(aliasKey(project, ''))).map(({ value }) => value);
  }

  async findAlias(project: string, name: string): Promise<Entry<ImageAlias> | undefined> {
    return this.#store.get<ImageAlias>(aliasKey(project, name));
  }

  /** Writes an image and an alias of it together, in place of what they said before. */
  async publish(image: Image, alias: ImageAlias): Promise<void> {
    await this.#store.transact({
      writes: [
        { put: imageKey(image.project, image.fingerprint), value: image },
        { put: aliasKey(alias.project, alias.name), value: alias },
      ],
    });
  }

  /** False when it was changed or used since `entry` was read. */
  async remove(entry: Entry<Image>): Promise<boolean> {
    const compares = [{ key: entry.key, modRevision: entry.modRevision }];
    return (await this.#store.transact({ compares, writes: [{ delete: entry.key }] })).succeeded;
  }

  /** False when an alias of that name is there. */
  async createAlias(alias: ImageAlias): Promise<boolean> {
    const key = aliasKey(alias.project, alias.name);
    const compares = [{ key, modRevision: 0n }];
    return (await this.#store.transact({ compares, writes: [{ put: key, value: alias }] })).succeeded;
  }

  /** False when it was changed since `entry` was read, or the new name is taken. */
  async replaceAlias(entry: Entry<ImageAlias>, alias: ImageAlias): Promise<boolean> {
    const key = aliasKey(alias.project, alias.name);
    const compares: Compare[] = [{ key: entry.key, modRevision: entry.modRevision }];
    const writes: Write[] = [{ put: key, value: alias }];
    if (key !== entry.key) {
      compares.push({ key, modRevision: 0n });
      writes.push({ delete: entry.key });
    }
    return (await this.#store.transact({ compares, writes })).succeeded;
  }

  async removeAlias(project: string, name: string): Promise<void> {
    await this.#store.transact({ writes: [{ delete: aliasKey(project, name) }] });
  }
}

/**
 * What a transaction that makes an instance from an image has to contain as well: it notes the use, and it
 * fails when the image was deleted meanwhile; a deletion under way sees the change and looks for instances again.
 */
export function imageUse(entry: Entry<Image>, at: string): { compare: Compare; write: Write } {
  return {
    compare: { key: entry.key, modRevision: entry.modRevision },
    write: { put: entry.key, value: { ...entry.value, lastUsedAt: at } },
  };
}
