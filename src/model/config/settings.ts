import type { Config } from '../instance.ts';
import type { ConfigKey } from './key.ts';
import { type ConfigFamilyName, type ConfigKeyName, configKeys } from './table.ts';

type ValueOf<K extends ConfigKeyName> = (typeof configKeys)[K] extends ConfigKey<infer T> ? T : never;

/** Typed values of a whole config: what the user set, or else the default. */
export type Settings = { readonly [K in ConfigKeyName]: ValueOf<K> | undefined } & {
  /** The `environment.*` family, by variable name. */
  readonly environment: Readonly<Record<string, string>>;
  /** The `linux.sysctl.*` family, by name with dots. */
  readonly sysctls: Readonly<Record<string, string>>;
};

/** Typed values of a validated config. */
export function readSettings(config: Config): Settings {
  const values = Object.keys(configKeys).map((name) => {
    const declared = configKeys[name as ConfigKeyName] as ConfigKey;
    const text = config[name];
    return [name, text === undefined ? declared.default : (declared.kind.parse(text) ?? declared.default)];
  });
  const families = {
    environment: family(config, 'environment.'),
    sysctls: family(config, 'linux.sysctl.'),
  };
  return { ...Object.fromEntries(values), ...families } as Settings;
}

/** Of keys that profiles and an instance set in one family, the free parts with their texts. */
const family = (config: Config, prefix: ConfigFamilyName): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
