import { requireConfigKey } from '#model/config-keys.ts';
import { valueUnder } from './values.ts';

/** What a config says of a key. Throws `invalid` for one that there is not. */
export function configValue(config: Readonly<Record<string, string>>, key: string): string {
  if (!Object.hasOwn(config, key)) requireConfigKey(key);
  return valueUnder(config, key);
}
