import { nearest } from '#base/nearest.ts';
import { Fault } from '../fault.ts';
import type { Config, InstanceType } from '../instance.ts';
import { type ConfigFamily, configFamilies, configKeys, familyOf, findConfigKey } from './table.ts';

/** Throws `invalid` for an unknown key, a malformed value, or a key that does not serve `type`. */
export function validateConfig(config: Config, type?: InstanceType): void {
  for (const [name, text] of Object.entries(config)) {
    if (validateFamily(name, type)) continue;
    const declared = findConfigKey(name);
    if (!declared) throw unknownKey(name);
    if (type && !declared.types.includes(type)) throw notForType(name, type, declared.types);
    if (declared.kind.parse(text) === undefined) {
      throw new Fault('invalid', `${name} must be ${declared.kind.expects}, not "${text}"`);
    }
  }
}

/** Throws `invalid` for a key that there is not. */
export function requireConfigKey(name: string): void {
  if (!familyOf(name) && !findConfigKey(name)) throw unknownKey(name);
}

/** Whether it belongs to a family, and then well. */
function validateFamily(name: string, type: InstanceType | undefined): boolean {
  const prefix = familyOf(name);
  if (!prefix) return false;
  const { types, rule }: ConfigFamily = configFamilies[prefix];
  if (type && !types.includes(type)) throw notForType(name, type, types);
  const rest = name.slice(prefix.length);
  if (rule && !rule.holds.test(rest)) {
    throw new Fault('invalid', `"${rest}" is no ${prefix}* key: it must be ${rule.expects}`);
  }
  return true;
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

function notForType(name: string, type: InstanceType, types: readonly InstanceType[]): Fault {
  return new Fault('invalid', `${name} does not apply to a ${type}`, {
    hint: `It serves ${types.join(' and ')}.`,
  });
}
