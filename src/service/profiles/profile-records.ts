import { Fault } from '#model/fault.ts';
import type { Profile } from '#model/profile.ts';
import type { Entry, Store } from '#store/store.ts';

export const profileKey = (project: string, name: string): string => `${project}/profile/${name}`;

/** Documents of profiles in the shared store. */
export class ProfileRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(project: string): Promise<Entry<Profile>[]> {
    return this.#store.range<Profile>(`${project}/profile/`);
  }

  /** Throws `not-found`. */
  async get(project: string, name: string): Promise<Entry<Profile>> {
    const entry = await this.#store.get<Profile>(profileKey(project, name));
    if (entry) return entry;
    throw new Fault('not-found', `There is no profile "${name}"`, { hint: 'wadah profile list shows all.' });
  }

  /** In the order asked for. Throws `not-found` for the first that is missing. */
  async getAll(project: string, names: readonly string[]): Promise<Profile[]> {
    return Promise.all(names.map(async (name) => (await this.get(project, name)).value));
  }

  /** False when a profile of that name is there. */
  async create(profile: Profile): Promise<boolean> {
    const key = profileKey(profile.project, profile.name);
    const result = await this.#store.transact({
      compares: [{ key, modRevision: 0n }],
      writes: [{ put: key, value: profile }],
    });
    return result.succeeded;
  }

  /** False when it was changed since `entry` was read. */
  async replace(entry: Entry<Profile>, profile: Profile): Promise<boolean> {
    const compares = [{ key: entry.key, modRevision: entry.modRevision }];
    const newKey = profileKey(profile.project, profile.name);
    const isRename = newKey !== entry.key;
    const result = await this.#store.transact({
      compares: isRename ? [...compares, { key: newKey, modRevision: 0n }] : compares,
      writes: [...(isRename ? [{ delete: entry.key }] : []), { put: newKey, value: profile }],
    });
    return result.succeeded;
  }

  async remove(project: string, name: string): Promise<void> {
    await this.#store.transact({ writes: [{ delete: profileKey(project, name) }] });
  }
}
