import { etagOf } from '#base/etag.ts';
import { validateConfig } from '#model/config-keys.ts';
import { validateDevices } from '#model/device.ts';
import type { Devices } from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import type { Config, Instance } from '#model/instance.ts';
import type { Profile } from '#model/profile.ts';
import type { Events } from '../events/events.ts';
import type { InstanceRecords } from '../instances/records.ts';
import type { ProfileRecords, UnusedProfile } from './profile-records.ts';
import type { Profiles, ProfileView } from './profiles.ts';

const nameRule = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export interface ProfileServiceDeps {
  records: ProfileRecords;
  instances: InstanceRecords;
  events: Events;
  /** Brings running instances that use the profile up to date. */
  reapply(users: readonly Instance[]): Promise<void>;
}

export class ProfileService implements Profiles {
  readonly #deps: ProfileServiceDeps;

  constructor(deps: ProfileServiceDeps) {
    this.#deps = deps;
  }

  async list(project: string): Promise<ProfileView[]> {
    const [entries, instances] = await Promise.all([
      this.#deps.records.list(project),
      this.#deps.instances.list(project),
    ]);
    return entries.map(({ value }) => viewOf(value, instances));
  }

  async get(project: string, name: string): Promise<ProfileView> {
    const [entry, instances] = await Promise.all([
      this.#deps.records.get(project, name),
      this.#deps.instances.list(project),
    ]);
    return viewOf(entry.value, instances);
  }

  async create(profile: Profile): Promise<void> {
    requireProfileName(profile.name);
    validateConfig(profile.config);
    validateDevices(profile.devices);
    if (!(await this.#deps.records.create(profile))) throw nameTaken(profile.name);
    this.#publish(profile, 'profile-created');
  }

  async update(
    project: string,
    name: string,
    change: { description?: string | undefined; config?: Config | undefined; devices?: Devices | undefined },
    etag: string | undefined,
  ): Promise<void> {
    const entry = await this.#deps.records.get(project, name);
    if (etag !== undefined && etag !== etagOfProfile(entry.value)) throw changedMeanwhile(name);
    if (change.config) validateConfig(change.config);
    if (change.devices) validateDevices(change.devices);
    const profile: Profile = {
      ...entry.value,
      description: change.description ?? entry.value.description,
      config: change.config ?? entry.value.config,
      devices: change.devices ?? entry.value.devices,
    };
    if (!(await this.#deps.records.replace(entry, profile))) throw changedMeanwhile(name);
    this.#publish(profile, 'profile-updated');
    await this.#deps.reapply(await this.#users(project, name));
  }

  async rename(project: string, name: string, newName: string): Promise<void> {
    if (name === 'default') throw new Fault('invalid', 'The profile "default" cannot be renamed');
    requireProfileName(newName);
    while (!(await this.#deps.records.rename(await this.#unused(project, name), newName))) {
      if (await this.#deps.records.find(project, newName)) throw nameTaken(newName);
    }
    this.#publish({ project, name: newName }, 'profile-renamed');
  }

  async delete(project: string, name: string): Promise<void> {
    if (name === 'default') {
      throw new Fault('invalid', 'The profile "default" cannot be deleted', {
        hint: 'New instances start from it; edit it instead.',
      });
    }
    while (!(await this.#deps.records.remove(await this.#unused(project, name))));
    this.#publish({ project, name }, 'profile-deleted');
  }

  /** Throws `not-found`, or `busy` while instances include it. */
  async #unused(project: string, name: string): Promise<UnusedProfile> {
    const unused = await this.#deps.records.beforeLook(project, name);
    const users = await this.#users(project, name);
    if (users.length > 0) throw inUse(name, users);
    return unused;
  }

  async #users(project: string, name: string): Promise<Instance[]> {
    return (await this.#deps.instances.list(project)).filter(({ profiles }) => profiles.includes(name));
  }

  #publish({ project, name }: { project: string; name: string }, action: string): void {
    const source = `/1.0/profiles/${encodeURIComponent(name)}`;
    this.#deps.events.publish(project, { type: 'lifecycle', action, source, context: {} });
  }
}

function viewOf(profile: Profile, instances: readonly Instance[]): ProfileView {
  const usedBy = instances.filter(({ profiles }) => profiles.includes(profile.name)).map(({ name }) => name);
  return { profile, usedBy, etag: etagOfProfile(profile) };
}

const etagOfProfile = ({ description, config, devices }: Profile): string =>
  etagOf({ description, config, devices });

function requireProfileName(name: string): void {
  if (nameRule.test(name)) return;
  throw new Fault('invalid', `"${name}" cannot be the name of a profile`, {
    hint: 'Use letters, digits, dots, dashes and underscores; begin with a letter or digit.',
  });
}

const nameTaken = (name: string): Fault => new Fault('exists', `There is a profile "${name}" already`);

const changedMeanwhile = (name: string): Fault =>
  new Fault('conflict', `The profile "${name}" was changed by someone else in between`, {
    hint: 'Read it again and repeat the change.',
  });

function inUse(name: string, users: readonly Instance[]): Fault {
  const names = users.slice(0, 5).map((user) => user.name);
  return new Fault(
    'busy',
    `The profile "${name}" is in use by ${names.join(', ')}${users.length > 5 ? ' …' : ''}`,
    {
      hint: 'Take it away from them first: wadah profile remove INSTANCE PROFILE.',
    },
  );
}
