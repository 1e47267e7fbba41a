import { nearest } from '#base/nearest.ts';
import { Fault } from '../fault.ts';
import type { Config, InstanceType } from '../instance.ts';
import { type ConfigKeyName, configKeys, familyOf, findConfigKey } from './table.ts';

/** Throws `invalid` for an unknown key, a malformed value, or a key that does not serve `type`. */
export function validateConfig(config: Config, type?: InstanceType): void {
  for (const [name, text] of Object.entries(config)) {
    if (familyOf(name)) continue;
    const declared = findConfigKey(name);
    if (!declared) throw unknownKey(name);
    if (type && !declared.types.includes(type)) throw notForType(name, type);
    if (declared.kind.parse(text) === undefined) {
      throw new Fault('invalid', `${name} must be ${declared.kind.expects}, not "${text}"`);
    }
  }
}

function unknownKey(name: string): Fault {
  const close = nearest(name, Object.keys(configKeys));
  return new Fault('invalid', `There is no config key "${name}"`, {
    hint:
      close.length > 0
        ? `Did you mean ${close.join(', ')}?`
        : 'Free keys begin with "user.". All keys: docs/reference/config.md',
  });
}

function notForType(name: string, type: InstanceType): Fault {
  return new Fault('invalid', `${name} does not apply to a ${type}`, {
    hint: `It serves ${configKeys[name as ConfigKeyName].types.join(' and ')}.`,
  });
}
