/** Configuration: every key with its type, default and meaning, the values of a config, and what changes live. */
export { cpuCount } from './config/cpu.ts';
export type { ConfigKey } from './config/key.ts';
export { processResources } from './config/kernel-limits.ts';
export type { JsonObject } from './config/raw.ts';
export type { Settings } from './config/settings.ts';
export { readSettings } from './config/settings.ts';
export type { ConfigKeyName } from './config/table.ts';
export { configFamilies, configKeys, familyOf, findConfigKey, isLive } from './config/table.ts';
export { requireConfigKey, validateConfig } from './config/validate.ts';
export type { AccelChoice } from './config/vm.ts';
