import type { Devices } from './device.ts';
import type { Config } from './instance.ts';

/** A named set of configuration and devices that instances include. */
export interface Profile {
  project: string;
  name: string;
  description: string;
  config: Config;
  devices: Devices;
}
