import { isLive } from './config-keys.ts';
import { type DeviceOptions, type Devices, deviceTypes } from './device.ts';
import type { Expanded } from './expand.ts';
import type { InstanceType } from './instance.ts';

/** A change that waits for the next start. */
export interface PendingChange {
  /** A config key, `devices.NAME.OPTION`, or `devices.NAME` for a whole device. */
  key: string;
  /** What the running instance has; `undefined`: nothing. */
  running: string | undefined;
  configured: string | undefined;
}

/**
 * What a running instance is to be when its configuration becomes `wanted`: that, as far as it takes effect live, and
 * else what it is.
 */
export function applyLive(type: InstanceType, running: Expanded, wanted: Expanded): Expanded {
  return {
    config: choose(running.config, wanted.config, (name, change) => isLive(name, type, change)),
    devices: applyLiveDevices(type, running.devices, wanted.devices),
  };
}

function applyLiveDevices(type: InstanceType, running: Devices, wanted: Devices): Devices {
  return choose(
    running,
    wanted,
    (_, change) => isHotplugged(type, change),
    (before, after) => (before['type'] === after['type'] ? applyLiveOptions(type, before, after) : before),
  );
}

const isHotplugged = (type: InstanceType, { before, after }: Change<DeviceOptions>): boolean =>
  [before, after].every((options) => !options || canPlug(type, options));

/** The root disk never comes or goes. */
const canPlug = (type: InstanceType, options: DeviceOptions): boolean =>
  options['path'] !== '/' && (deviceTypes[options['type'] ?? '']?.hotplug.includes(type) ?? false);

const applyLiveOptions = (type: InstanceType, running: DeviceOptions, wanted: DeviceOptions): DeviceOptions =>
  choose(running, wanted, (name, { before, after }) => {
    const option = deviceTypes[running['type'] ?? '']?.options[name];
    const value = (text: string | undefined) => (text === undefined ? undefined : option?.kind.parse(text));
    return (
      (option?.live.includes(type) || option?.liveWhen[type]?.holds(value(before), value(after))) ?? false
    );
  });

interface Change<T> {
  before: T | undefined;
  after: T | undefined;
}

/** Of each name what is wanted, where the change `takesEffect`, and else what there was, or a mixture of both. */
function choose<T>(
  running: Readonly<Record<string, T>>,
  wanted: Readonly<Record<string, T>>,
  takesEffect: (name: string, change: Change<T>) => boolean,
  mix: (before: T, after: T) => T = (before) => before,
): Record<string, T> {
  const chosen: Record<string, T> = {};
  for (const name of new Set([...Object.keys(running), ...Object.keys(wanted)])) {
    const change = { before: running[name], after: wanted[name] };
    const { before, after } = change;
    const value = takesEffect(name, change) ? after : before && after ? mix(before, after) : before;
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

/** What differs between a running instance and its configuration, in the order of their names. */
export function pendingChanges(running: Expanded, wanted: Expanded): PendingChange[] {
  const names = union(running.devices, wanted.devices);
  const changes = [
    ...differences(running.config, wanted.config, ''),
    ...names.flatMap((name) => deviceDifferences(name, running.devices[name], wanted.devices[name])),
  ];
  return changes.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function deviceDifferences(
  name: string,
  before: DeviceOptions | undefined,
  after: DeviceOptions | undefined,
): PendingChange[] {
  const key = `devices.${name}`;
  if (before && after) return differences(before, after, `${key}.`);
  return [{ key, running: before?.['type'], configured: after?.['type'] }];
}

const differences = (
  running: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  prefix: string,
): PendingChange[] =>
  union(running, wanted)
    .filter((name) => running[name] !== wanted[name])
    .map((name) => ({ key: prefix + name, running: running[name], configured: wanted[name] }));

const union = (one: object, other: object): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];
