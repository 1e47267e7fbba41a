import type { Devices } from './device.ts';
import type { Config } from './instance.ts';
import type { Profile } from './profile.ts';

export interface Expanded {
  config: Config;
  devices: Devices;
}

/** What an instance really has: its profiles in their order, then its own; devices of type `none` fall away. */
export function expand(own: Expanded, profiles: readonly Profile[]): Expanded {
  const layers = [...profiles, own];
  const config = Object.assign({}, ...layers.map((layer) => layer.config)) as Config;
  const devices = Object.assign({}, ...layers.map((layer) => layer.devices)) as Devices;
  const present = Object.entries(devices).filter(([, options]) => options['type'] !== 'none');
  return { config, devices: Object.fromEntries(present) };
}
