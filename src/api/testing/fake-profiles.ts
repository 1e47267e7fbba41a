import { etagOf } from '#base/etag.ts';
import { Fault } from '#model/fault.ts';
import type { Profile } from '#model/profile.ts';
import type { Profiles, ProfileView } from '#service/profiles/profiles.ts';

type Change = Parameters<Profiles['update']>[2];

/** Profiles in memory; `default` is there. */
export class FakeProfiles implements Profiles {
  readonly #profiles = new Map<string, Profile>([
    ['default', { project: 'default', name: 'default', description: '', config: {}, devices: {} }],
  ]);

  async list(): Promise<ProfileView[]> {
    return Array.from(this.#profiles.values(), viewOf);
  }

  async get(_project: string, name: string): Promise<ProfileView> {
    const profile = this.#profiles.get(name);
    if (!profile) throw new Fault('not-found', `There is no profile "${name}"`);
    return viewOf(profile);
  }

  async create(profile: Profile): Promise<void> {
    if (this.#profiles.has(profile.name)) throw new Fault('exists', `The name "${profile.name}" is taken`);
    this.#profiles.set(profile.name, profile);
  }

  async update(project: string, name: string, change: Change, etag: string | undefined): Promise<void> {
    const before = await this.get(project, name);
    if (etag !== undefined && etag !== before.etag) throw new Fault('conflict', 'Changed in between');
    const known = Object.entries(change).filter(([, value]) => value !== undefined);
    this.#profiles.set(name, { ...before.profile, ...Object.fromEntries(known) });
  }

  async rename(project: string, name: string, newName: string): Promise<void> {
    const { profile } = await this.get(project, name);
    this.#profiles.delete(name);
    this.#profiles.set(newName, { ...profile, name: newName });
  }

  async delete(project: string, name: string): Promise<void> {
    await this.get(project, name);
    this.#profiles.delete(name);
  }
}

const viewOf = (profile: Profile): ProfileView => ({ profile, usedBy: [], etag: etagOf(profile) });
