import { listAliases, listImages, listInstances, listOperations, listProfiles } from '#client/lists.ts';
import { canCancel } from '#client/operations.ts';
import { configFamilies, configKeys, findConfigKey } from '#model/config-keys.ts';
import type { InstanceAction } from '#model/instance.ts';
import { stateOf } from '../instance-text.ts';
import { canBegin } from '../selection.ts';
import type { Candidate, Completer, Completing } from './candidates.ts';

/** Names of instances; of an action's, those on which it may begin. */
export const instances = (action?: InstanceAction): Completer => ({
  candidates: (completing) => instanceNames(completing, action),
});

async function instanceNames({ client, args }: Completing, action?: InstanceAction): Promise<Candidate[]> {
  return (await listInstances(client))
    .filter((instance) => !args.includes(instance.name) && (!action || canBegin(action, instance)))
    .map((instance) => ({ value: instance.name, help: `${instance.type}, ${stateOf(instance)}` }));
}

/** Places inside instances, as far as their names. */
export const guestPlaces: Completer = {
  async candidates(completing) {
    if (completing.word.includes('/')) return [];
    return (await instanceNames(completing)).map((each) => ({ ...each, value: `${each.value}/` }));
  },
  orFiles: true,
};

/** Names of images. */
export const aliases: Completer = {
  candidates: async ({ client }) =>
    (await listAliases(client)).map(({ name, description }) => ({ value: name, help: description })),
};

/** Names and fingerprints of images. */
export const images: Completer = {
  candidates: async ({ client }) =>
    (await listImages(client)).flatMap(({ fingerprint, aliases: names, properties }) => [
      ...names.map(({ name, description }) => ({ value: name, help: description })),
      { value: fingerprint.slice(0, 12), help: properties.description ?? '' },
    ]),
};

export const profiles: Completer = {
  candidates: async ({ client }) =>
    (await listProfiles(client)).map(({ name, description }) => ({ value: name, help: description })),
};

/** Operations that can be cancelled. */
export const cancellable: Completer = {
  candidates: async ({ client }) =>
    (await listOperations(client))
      .filter(canCancel)
      .map(({ id, description }) => ({ value: id, help: description })),
};

export const operations: Completer = {
  candidates: async ({ client }) =>
    (await listOperations(client)).map(({ id, description }) => ({ value: id, help: description })),
};

const keys: readonly Candidate[] = [
  ...Object.entries(configKeys).map(([value, { help }]) => ({ value, help })),
  ...(['environment.', 'user.'] as const).map((value) => ({ value, help: configFamilies[value].help })),
];

/** Every config key that people set. */
export const settableKeys: Completer = { candidates: () => [...keys] };

/** `key=value`: first the key, then values worth offering. */
export const assignments: Completer = {
  candidates({ word }) {
    const [key = '', value] = word.split('=', 2);
    if (value === undefined) {
      return keys.map((each) => ({
        ...each,
        value: each.value.endsWith('.') ? each.value : `${each.value}=`,
      }));
    }
    const examples = findConfigKey(key)?.kind.examples ?? [];
    return examples.map((example) => ({ value: `${key}=${example}` }));
  },
};

const instanceNamed = ({ client, args: [name = ''] }: Completing) =>
  client.read('/1.0/instances/{name}', { params: { name } });

/** Keys that the instance named before them has set. */
export const setKeys: Completer = {
  async candidates(completing) {
    const { config } = await instanceNamed(completing);
    return Object.entries(config).map(([value, help]) => ({ value, help }));
  },
};

/** Keys that the profile named before them has set. */
export const profileKeys: Completer = {
  async candidates({ client, args: [name = ''] }) {
    const { config } = await client.read('/1.0/profiles/{name}', { params: { name } });
    return Object.entries(config).map(([value, help]) => ({ value, help }));
  },
};

/** Devices of the instance named before them. */
export const devices: Completer = {
  async candidates(completing) {
    const { expanded_devices: all } = await instanceNamed(completing);
    return Object.entries(all).map(([value, { type }]) => ({ value, help: type ?? '' }));
  },
};

/** Profiles that the instance named before them includes. */
export const usedProfiles: Completer = {
  candidates: async (completing) => (await instanceNamed(completing)).profiles.map((value) => ({ value })),
};
