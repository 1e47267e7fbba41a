import { between, count, type ValueKind } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import { absolutePath, type DeviceType, option } from './option.ts';

export const mode: ValueKind<number> = {
  parse: (text) => (/^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : undefined),
  expects: 'permissions in octal such as 0660',
  examples: ['0660', '0666'],
};
const number = between(0, 2 ** 20 - 1);
export const owner = count(0);

const unix = (help: string): DeviceType => ({
  help,
  types: ['container'],
  hotplug: ['container'],
  options: {
    path: option({ kind: absolutePath, help: 'Where it appears inside; unset: as on the host' }),
    source: option({ kind: absolutePath, help: 'The device on the host; unset: as inside' }),
    major: option({ kind: number, help: 'Its number, in place of a source' }),
    minor: option({ kind: number, help: 'The second part of its number' }),
    mode: option({ kind: mode, help: 'Who may use it inside; unset: 0660' }),
    uid: option({ kind: owner, help: 'Who owns it inside; unset: root' }),
    gid: option({ kind: owner, help: 'Which group inside; unset: root' }),
  },
});

export const unixChar = unix('A character device of the host, such as /dev/ttyUSB0');
export const unixBlock = unix('A block device of the host, such as /dev/sdb');

/** What the options of a valid device of these types mean. */
export interface UnixValues {
  path: string;
  source: { path: string } | { major: number; minor: number };
  mode: number;
  uid: number;
  gid: number;
}

/** `undefined` when it names neither a path nor a source. */
export function readUnix(options: DeviceOptions): UnixValues | undefined {
  const { path = options['source'], source = path } = options;
  if (path === undefined || source === undefined) return undefined;
  const [major, minor] = [number.parse(options['major'] ?? ''), number.parse(options['minor'] ?? '')];
  return {
    path,
    source: major === undefined || minor === undefined ? { path: source } : { major, minor },
    mode: mode.parse(options['mode'] ?? '') ?? 0o660,
    uid: owner.parse(options['uid'] ?? '') ?? 0,
    gid: owner.parse(options['gid'] ?? '') ?? 0,
  };
}
