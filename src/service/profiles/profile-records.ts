import { Fault } from '#model/fault.ts';
import type { Profile } from '#model/profile.ts';
import type { Compare, Entry, Store, Transaction } from '#store/store.ts';

export const profileKey = (project: string, name: string): string => `${project}/profile/${name}`;

/** Changes with every instance that begins to include the profile. */
const useKey = (project: string, name: string): string => `${project}/profile-use/${name}`;

/** A profile that no instance included when it was looked at. */
export interface UnusedProfile {
  entry: Entry<Profile>;
  /** Holds as long as none has begun to. */
  isUnused: Compare;
}

/** Documents of profiles in the shared store. */
export class ProfileRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async list(project: string): Promise<Entry<Profile>[]> {
    return this.#store.range<Profile>(`${project}/profile/`);
  }

  async find(project: string, name: string): Promise<Entry<Profile> | undefined> {
    return this.#store.get<Profile>(profileKey(project, name));
  }

  /** Throws `not-found`. */
  async get(project: string, name: string): Promise<Entry<Profile>> {
    const entry = await this.find(project, name);
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

  /**
   * What a transaction that makes an instance include profiles has to contain as well: it fails when one of them was
   * deleted or changed meanwhile, and a deletion under way fails and looks for instances again. Throws `not-found`.
   */
  async use(project: string, names: readonly string[]): Promise<Required<Transaction>> {
    const entries = await Promise.all([...new Set(names)].map((name) => this.get(project, name)));
    return {
      compares: entries.map(({ key, modRevision }) => ({ key, modRevision })),
      writes: entries.map(({ value }) => ({ put: useKey(project, value.name), value: {} })),
    };
  }

  /** To be called before one looks for instances that include it. Throws `not-found`. */
  async beforeLook(project: string, name: string): Promise<UnusedProfile> {
    const key = useKey(project, name);
    const modRevision = (await this.#store.get(key))?.modRevision ?? 0n;
    return { entry: await this.get(project, name), isUnused: { key, modRevision } };
  }

  /** False when it was changed since `entry` was read. */
  async replace({ key, modRevision }: Entry<Profile>, profile: Profile): Promise<boolean> {
    const result = await this.#store.transact({
      compares: [{ key, modRevision }],
      writes: [{ put: key, value: profile }],
    });
    return result.succeeded;
  }

  /** False when it was changed or used meanwhile, or the name is taken. */
  async rename({ entry, isUnused }: UnusedProfile, name: string): Promise<boolean> {
    const newKey = profileKey(entry.value.project, name);
    const result = await this.#store.transact({
      compares: [
        isUnused,
        { key: entry.key, modRevision: entry.modRevision },
        { key: newKey, modRevision: 0n },
      ],
      writes: [
        { delete: entry.key },
        { delete: isUnused.key },
        { put: newKey, value: { ...entry.value, name } },
      ],
    });
    return result.succeeded;
  }

  /** False when it was changed or used meanwhile. */
  async remove({ entry, isUnused }: UnusedProfile): Promise<boolean> {
    const result = await this.#store.transact({
      compares: [isUnused, { key: entry.key, modRevision: entry.modRevision }],
      writes: [{ delete: entry.key }, { delete: isUnused.key }],
    });
    return result.succeeded;
  }
}
