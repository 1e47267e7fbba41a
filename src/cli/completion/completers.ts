import { listAliases, listImages, listInstances, listOperations, listProfiles } from '#client/lists.ts';
import { configFamilies, configKeys, findConfigKey } from '#model/config-keys.ts';
import type { InstanceAction } from '#model/instance.ts';
import { canBegin } from '../selection.ts';
import type { Candidate, Completer } from './candidates.ts';

/** Names of instances; of an action's, those on which it may begin. */
export function instances(action?: InstanceAction): Completer {
  return async ({ client, args }) => {
    const all = await listInstances(client);
    return all
      .filter((instance) => !args.includes(instance.name) && (!action || canBegin(action, instance)))
      .map(({ name, type, status }) => ({ value: name, help: `${type}, ${status.toLowerCase()}` }));
  };
}

/** Names of images. */
export const aliases: Completer = async ({ client }) =>
  (await listAliases(client)).map(({ name, description }) => ({ value: name, help: description }));

/** Names and fingerprints of images. */
export const images: Completer = async ({ client }) =>
  (await listImages(client)).flatMap(({ fingerprint, aliases: names, properties }) => [
    ...names.map(({ name, description }) => ({ value: name, help: description })),
    { value: fingerprint.slice(0, 12), help: properties.description ?? '' },
  ]);

export const profiles: Completer = async ({ client }) =>
  (await listProfiles(client)).map(({ name, description }) => ({ value: name, help: description }));

export const operations: Completer = async ({ client }) =>
  (await listOperations(client))
    .filter(({ may_cancel: mayCancel }) => mayCancel)
    .map(({ id, description }) => ({ value: id, help: description }));

const keys: readonly Candidate[] = [
  ...Object.entries(configKeys).map(([value, { help }]) => ({ value, help })),
  ...(['environment.', 'user.'] as const).map((value) => ({ value, help: configFamilies[value].help })),
];

/** Every config key that people set. */
export const settableKeys: Completer = () => [...keys];

/** `key=value`: first the key, then values worth offering. */
export const assignments: Completer = ({ word }) => {
  const [key = '', value] = word.split('=', 2);
  if (value !== undefined) {
    const examples = findConfigKey(key)?.kind.examples ?? [];
    return examples.map((example) => ({ value: `${key}=${example}` }));
  }
  return keys.map((each) => ({ ...each, value: each.value.endsWith('.') ? each.value : `${each.value}=` }));
};

/** Keys that the instance named before them has set. */
export const setKeys: Completer = async ({ client, args: [name = ''] }) => {
  const { config } = await client.read('/1.0/instances/{name}', { params: { name } });
  return Object.entries(config).map(([value, help]) => ({ value, help }));
};

/** Devices of the instance named before them. */
export const devices: Completer = async ({ client, args: [name = ''] }) => {
  const { expanded_devices: all } = await client.read('/1.0/instances/{name}', { params: { name } });
  return Object.entries(all).map(([value, { type }]) => ({ value, help: type ?? '' }));
};

/** Profiles that the instance named before them includes. */
export const usedProfiles: Completer = async ({ client, args: [name = ''] }) => {
  const instance = await client.read('/1.0/instances/{name}', { params: { name } });
  return instance.profiles.map((value) => ({ value }));
};

/** One of a few words. */
export const words =
  (...values: readonly string[]): Completer =>
  () =>
    values.map((value) => ({ value }));
