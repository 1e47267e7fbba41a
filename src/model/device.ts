import { onBoth } from './config/key.ts';
import { disk } from './devices/disk.ts';
import { nic } from './devices/nic.ts';
import { proxy } from './devices/proxy.ts';
import { unixBlock, unixChar } from './devices/unix.ts';
import type { DeviceType } from './devices/option.ts';
import { Fault } from './fault.ts';
import type { InstanceType } from './instance.ts';

export type { DiskValues } from './devices/disk.ts';
export { readDisk } from './devices/disk.ts';
export type { NicRates } from './devices/nic.ts';
export { readNicRates } from './devices/nic.ts';
export type { DeviceType } from './devices/option.ts';
export type { Forward, Owner } from './devices/proxy.ts';
export { readProxy, requireSoundProxy } from './devices/proxy.ts';
export type { InternetAddress, ProxyAddress } from './devices/proxy-address.ts';
export { formatEndpoint } from './devices/proxy-address.ts';
export type { UnixValues } from './devices/unix.ts';
export { readUnix } from './devices/unix.ts';
export type { IoRate } from './devices/rate.ts';

/** A device as the user wrote it: option names with text values, `type` among them. */
export type DeviceOptions = Record<string, string>;

/** Devices by name. */
export type Devices = Record<string, DeviceOptions>;

/** Every device type with its options, once. Validation, help and the reference read this table. */
export const deviceTypes: Readonly<Record<string, DeviceType>> = {
  disk,
  nic,
  'unix-char': unixChar,
  'unix-block': unixBlock,
  proxy,
  none: {
    help: 'Hides a device of the same name that a profile has',
    types: onBoth,
    hotplug: onBoth,
    options: {},
  },
};

const nameRule = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Throws `invalid` for unknown types and options, malformed values, missing options, and what `type` cannot have. */
export function validateDevices(devices: Devices, type?: InstanceType): void {
  for (const [name, options] of Object.entries(devices)) {
    if (!nameRule.test(name)) throw new Fault('invalid', `"${name}" cannot be the name of a device`);
    validateDevice(name, options, type);
  }
}

function validateDevice(name: string, options: DeviceOptions, instanceType: InstanceType | undefined): void {
  const declared = declaredType(name, options);
  if (instanceType && !declared.types.includes(instanceType)) {
    throw new Fault(
      'invalid',
      `Device "${name}": a ${instanceType} has no devices of type ${options['type']}`,
    );
  }
  for (const [option, text] of Object.entries(options)) {
    if (option === 'type') continue;
    const known = declared.options[option];
    if (!known) throw unknownOption(name, option, Object.keys(declared.options));
    if (known.kind.parse(text) === undefined) {
      throw new Fault('invalid', `Device "${name}": ${option} must be ${known.kind.expects}, not "${text}"`);
    }
  }
  const missing = Object.entries(declared.options).find(
    ([option, { isRequired }]) => isRequired && !options[option],
  );
  if (missing) throw new Fault('invalid', `Device "${name}" needs the option ${missing[0]}`);
  declared.check?.(name, options, instanceType);
}

function declaredType(name: string, { type }: DeviceOptions): DeviceType {
  const declared = deviceTypes[type ?? ''];
  if (declared) return declared;
  const said = type === undefined ? 'has no type' : `has the unknown type "${type}"`;
  throw new Fault('invalid', `Device "${name}" ${said}`, {
    hint: `Types: ${Object.keys(deviceTypes).join(', ')}.`,
  });
}

function unknownOption(name: string, option: string, known: string[]): Fault {
  const hint = known.length > 0 ? `Options: ${known.join(', ')}.` : 'This type has no options.';
  return new Fault('invalid', `Device "${name}" has the unknown option "${option}"`, { hint });
}
