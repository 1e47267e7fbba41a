import type { InstanceType } from '../instance.ts';
import { beancounterKeys } from './beancounters.ts';
import { bootKeys } from './boot.ts';
import { cpuKeys } from './cpu.ts';
import { diskKeys } from './disk.ts';
import { type ConfigKey, onBoth } from './key.ts';
import { kernelKeys } from './kernel-limits.ts';
import { memoryKeys } from './memory.ts';
import { rawKeys } from './raw.ts';
import { securityKeys } from './security.ts';
import { vmKeys } from './vm.ts';

/** Every config key, once. Validation, help, completion and `docs/reference/config.md` come from here. */
export const configKeys = {
  ...bootKeys,
  ...cpuKeys,
  ...diskKeys,
  ...kernelKeys,
  ...memoryKeys,
  ...beancounterKeys,
  ...rawKeys,
  ...securityKeys,
  ...vmKeys,
};

export type ConfigKeyName = keyof typeof configKeys;

/** Keys whose last part is free. */
export interface ConfigFamily {
  types: readonly InstanceType[];
  live: readonly InstanceType[];
  /** What the free part has to look like; absent: anything. */
  rule?: { holds: RegExp; expects: string };
  help: string;
}

/** Families of keys whose last part is free, by what they begin with. */
export const configFamilies = {
  'environment.': {
    types: onBoth,
    live: onBoth,
    help: 'Environment variable for exec and for init, such as environment.LANG',
  },
  'linux.sysctl.': {
    types: ['container'],
    live: ['container'],
    rule: {
      holds: /^(net(\.[\w-]+)+|kernel\.(shm\w+|msg\w+|sem)|fs\.mqueue\.\w+)$/,
      expects:
        'one that a container has for itself: net.*, kernel.shm*, kernel.msg*, kernel.sem, fs.mqueue.*',
    },
    help: 'Kernel setting of its own, such as linux.sysctl.net.ipv4.ip_forward',
  },
  'user.': { types: onBoth, live: onBoth, help: 'Free text of yours; filters and scripts can read it' },
  'image.': {
    types: onBoth,
    live: onBoth,
    help: 'Properties of the image that it was made from; set at creation',
  },
  'volatile.': { types: onBoth, live: onBoth, help: 'Kept by the daemon; not for people' },
} as const satisfies Record<string, ConfigFamily>;

export type ConfigFamilyName = keyof typeof configFamilies;

const isDeclared = (name: string): name is ConfigKeyName => Object.hasOwn(configKeys, name);

export function findConfigKey(name: string): ConfigKey | undefined {
  return isDeclared(name) ? configKeys[name] : undefined;
}

export function familyOf(name: string): ConfigFamilyName | undefined {
  const families = Object.keys(configFamilies) as ConfigFamilyName[];
  return families.find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

/** Whether a change of that key takes effect on a running instance. Texts are `undefined` where it is not set. */
export function isLive(
  name: string,
  type: InstanceType,
  change: { before: string | undefined; after: string | undefined },
): boolean {
  const family = familyOf(name);
  if (family) return (configFamilies[family].live as readonly InstanceType[]).includes(type);
  const declared = findConfigKey(name);
  if (!declared || declared.live.includes(type)) return true; // one that an earlier version knew means nothing now
  const value = (text: string | undefined) =>
    text === undefined ? declared.default : declared.kind.parse(text);
  return declared.liveWhen[type]?.holds(value(change.before), value(change.after)) ?? false;
}
