import type { Profile } from '#contract/contract.ts';
import type { ProfileView } from '#service/profiles/profiles.ts';

export function profileDocument({ profile, usedBy }: ProfileView): Profile {
  return {
    config: profile.config,
    description: profile.description,
    devices: profile.devices,
    name: profile.name,
    project: profile.project,
    used_by: usedBy.map((name) => `/1.0/instances/${name}`),
  };
}
