import type { Instance } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { imageText, stateOf, typeText } from './instance-text.ts';

export type Matcher = (instance: Instance) => boolean;

const facts: Readonly<Record<string, (instance: Instance) => readonly string[]>> = {
  name: ({ name }) => [name],
  state: (instance) => [stateOf(instance), instance.status],
  status: (instance) => [stateOf(instance), instance.status],
  type: (instance) => [instance.type, typeText(instance)],
  image: (instance) => [imageText(instance), instance.config['volatile.base_image'] ?? ''],
  profile: ({ profiles }) => profiles,
  architecture: ({ architecture }) => [architecture],
};

/**
 * A filter as people write it: `web` keeps the names that begin so, `state=running` and `user.role=web` compare a
 * fact or a config key; commas part alternatives. Throws `invalid`.
 */
export function parseFilter(text: string): Matcher {
  const at = text.indexOf('=');
  if (at < 0) {
    const beginnings = text.split(',');
    return ({ name }) => beginnings.some((beginning) => name.startsWith(beginning));
  }
  const key = text.slice(0, at);
  const wanted = text
    .slice(at + 1)
    .split(',')
    .map((value) => value.toLowerCase());
  const valuesOf = Object.hasOwn(facts, key) ? facts[key] : configValue(key);
  return (instance) => valuesOf?.(instance).some((value) => wanted.includes(value.toLowerCase())) ?? false;
}

function configValue(key: string): (instance: Instance) => readonly string[] {
  if (!key.includes('.')) {
    throw new Fault('invalid', `Instances cannot be filtered by "${key}"`, {
      hint: `Filter by ${Object.keys(facts).join(', ')}, or by a config key such as user.role.`,
    });
  }
  return (instance) => {
    const value = instance.expanded_config[key];
    return value === undefined ? [] : [value];
  };
}
