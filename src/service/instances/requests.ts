import { randomBytes, randomUUID } from 'node:crypto';
import { validateConfig } from '#model/config-keys.ts';
import { validateDevices } from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import type { Image } from '#model/image.ts';
import type { Config, Instance } from '#model/instance.ts';
import { requireInstanceName } from '#model/instance.ts';
import type { CreateInstance, InstanceChange } from './instances.ts';
import { madeUpName } from './names.ts';

/** The daemon's own keys: people see them and send them back, but never change them. */
const isOurs = (key: string): boolean => key.startsWith('volatile.') || key.startsWith('image.');

const pick = (config: Config, wanted: (key: string) => boolean): Config =>
  Object.fromEntries(Object.entries(config).filter(([key]) => wanted(key)));

/** The document of a new instance. Throws `invalid` for everything that is wrong with the request itself. */
export function newInstance(request: CreateInstance, image: Image): Instance {
  const name = request.name || madeUpName();
  requireInstanceName(name);
  requireServes(image, request);
  validateConfig(request.config, request.type);
  validateDevices(request.devices, request.type);
  const properties = Object.entries(image.properties).map(([key, value]) => [`image.${key}`, value]);
  const now = new Date().toISOString();
  return {
    id: randomBytes(4).toString('hex'),
    project: request.project,
    name,
    type: request.type,
    architecture: image.architecture,
    description: request.description,
    config: {
      ...pick(request.config, (key) => !isOurs(key)),
      ...Object.fromEntries(properties),
      'volatile.base_image': image.fingerprint,
      ...('alias' in request.source && { 'volatile.base_image.alias': request.source.alias }),
      'volatile.uuid': randomUUID(),
    },
    devices: request.devices,
    profiles: request.profiles ?? ['default'],
    ephemeral: request.ephemeral,
    image: image.fingerprint,
    createdAt: now,
    lastUsedAt: request.start ? now : undefined,
    wants: request.start ? 'running' : 'stopped',
  };
}

function requireServes(image: Image, { type, source }: CreateInstance): void {
  if (image.types.includes(type)) return;
  const name = 'alias' in source ? source.alias : image.fingerprint.slice(0, 12);
  throw new Fault('unsupported', `The image "${name}" cannot start as a ${type}`, {
    hint: `It starts as a ${image.types.join(' or ')}; wadah image list shows it of all.`,
  });
}

/** The document after a change. Throws `invalid`. */
export function changedInstance(before: Instance, change: InstanceChange): Instance {
  const config = change.config && {
    ...pick(change.config, (key) => !isOurs(key)),
    ...pick(before.config, isOurs),
  };
  if (config) validateConfig(config, before.type);
  if (change.devices) validateDevices(change.devices, before.type);
  return {
    ...before,
    config: config ?? before.config,
    devices: change.devices ?? before.devices,
    profiles: change.profiles ?? before.profiles,
    description: change.description ?? before.description,
    ephemeral: change.ephemeral ?? before.ephemeral,
  };
}
