import { parseBytes } from '#base/units.ts';
import { Fault } from './fault.ts';

/** A device as the user wrote it: option names with text values, `type` among them. */
export type DeviceOptions = Record<string, string>;

/** Devices by name. */
export type Devices = Record<string, DeviceOptions>;

interface DeviceOption {
  help: string;
  isRequired?: boolean;
  /** `undefined` when the text will do, else what it must be. */
  complain?: (text: string) => string | undefined;
}

const matching =
  (rule: RegExp, expects: string) =>
  (text: string): string | undefined =>
    rule.test(text) ? undefined : expects;

const macRule = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const ipv4Rule = /^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)$/;

/** Every device type with its options, once. Validation, help and the reference read this table. */
export const deviceTypes: Record<string, { help: string; options: Record<string, DeviceOption> }> = {
  disk: {
    help: 'The root disk',
    options: {
      path: {
        help: 'Where it appears inside; / is the root disk',
        isRequired: true,
        complain: matching(/^\/$/, '/'),
      },
      pool: { help: 'Pool that it lies in', complain: matching(/^default$/, 'default') },
      size: {
        help: 'Size of the disk of a virtual machine; unset: 10GiB. Containers share the room of the pool',
        complain: (text) => ((parseBytes(text) ?? 0) > 0 ? undefined : 'an amount such as 20GiB'),
      },
    },
  },
  nic: {
    help: 'A network interface on the managed bridge',
    options: {
      name: {
        help: 'Name inside, such as eth0',
        complain: matching(/^[a-z][a-z0-9.-]{0,14}$/i, 'a link name of 1 to 15 characters'),
      },
      network: { help: 'Managed network that it is plugged into' },
      nictype: { help: 'Kind of interface', complain: matching(/^bridged$/, 'bridged') },
      parent: { help: 'Managed bridge, as another way to name the network' },
      hwaddr: {
        help: 'MAC address; unset: chosen once',
        complain: matching(macRule, 'a MAC address such as 00:16:3e:12:34:56'),
      },
      'ipv4.address': {
        help: 'Fixed address; unset: chosen once',
        complain: matching(ipv4Rule, 'an IPv4 address'),
      },
    },
  },
  none: { help: 'Hides a device of the same name that a profile has', options: {} },
};

const nameRule = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Throws `invalid` for unknown types and options, malformed values and missing options. */
export function validateDevices(devices: Devices): void {
  for (const [name, options] of Object.entries(devices)) {
    if (!nameRule.test(name)) throw new Fault('invalid', `"${name}" cannot be the name of a device`);
    validateDevice(name, options);
  }
}

function validateDevice(name: string, options: DeviceOptions): void {
  const declared = deviceTypes[options['type'] ?? ''];
  if (!declared) {
    const said = options['type'] === undefined ? 'has no type' : `has the unknown type "${options['type']}"`;
    throw new Fault('invalid', `Device "${name}" ${said}`, {
      hint: `Types: ${Object.keys(deviceTypes).join(', ')}.`,
    });
  }
  for (const [option, text] of Object.entries(options)) {
    if (option === 'type') continue;
    const known = declared.options[option];
    if (!known) throw unknownOption(name, option, Object.keys(declared.options));
    const complaint = known.complain?.(text);
    if (complaint)
      throw new Fault('invalid', `Device "${name}": ${option} must be ${complaint}, not "${text}"`);
  }
  const missing = Object.entries(declared.options).find(
    ([option, { isRequired }]) => isRequired && !options[option],
  );
  if (missing) throw new Fault('invalid', `Device "${name}" needs the option ${missing[0]}`);
}

function unknownOption(name: string, option: string, known: string[]): Fault {
  const hint = known.length > 0 ? `Options: ${known.join(', ')}.` : 'This type has no options.';
  return new Fault('invalid', `Device "${name}" has the unknown option "${option}"`, { hint });
}
