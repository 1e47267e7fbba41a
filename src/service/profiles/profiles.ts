import type { Devices } from '#model/device.ts';
import type { Config } from '#model/instance.ts';
import type { Profile } from '#model/profile.ts';

export interface Profiles {
  list(project: string): Promise<ProfileView[]>;
  get(project: string, name: string): Promise<ProfileView>;
  create(profile: Profile): Promise<void>;
  /** Applies live keys to running instances that use it. */
  update(
    project: string,
    name: string,
    change: { description?: string | undefined; config?: Config | undefined; devices?: Devices | undefined },
    etag: string | undefined,
  ): Promise<void>;
  rename(project: string, name: string, newName: string): Promise<void>;
  /** Throws `busy` while instances use it; `invalid` for `default`. */
  delete(project: string, name: string): Promise<void>;
}

export interface ProfileView {
  profile: Profile;
  /** Names of the instances that use it. */
  usedBy: string[];
  etag: string;
}
