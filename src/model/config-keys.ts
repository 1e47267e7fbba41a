import { formatBytes, parseBytes } from '#base/units.ts';
import { Fault } from './fault.ts';
import type { Config, InstanceType } from './instance.ts';

/** How a text becomes a value, and what to tell when it does not. */
export interface ValueKind<T> {
  /** `undefined` when the text is no such value. */
  parse(text: string): T | undefined;
  /** Completes "… must be". */
  expects: string;
  /** Values worth offering in completion. */
  examples: readonly string[];
}

export interface ConfigKey<T = unknown> {
  kind: ValueKind<T>;
  /** The value of a key that nobody set; `undefined`: no value, no limit. */
  default: T | undefined;
  /** Which instance types it serves. */
  types: readonly InstanceType[];
  /** On which types a change takes effect on a running instance. On the others it waits for the next start. */
  live: readonly InstanceType[];
  /** One line for help, completion and the reference. */
  help: string;
}

const both = ['container', 'virtual-machine'] as const;

const truths = ['true', '1', 'yes', 'on'];
const untruths = ['false', '0', 'no', 'off'];

const bool: ValueKind<boolean> = {
  parse(text) {
    const word = text.toLowerCase();
    return truths.includes(word) || (untruths.includes(word) ? false : undefined);
  },
  expects: 'true or false',
  examples: ['true', 'false'],
};

const count = (least: number): ValueKind<number> => ({
  parse: (text) => (/^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined),
  expects: `a whole number of at least ${least}`,
  examples: [],
});

const integer: ValueKind<number> = {
  parse: (text) => (/^-?\d{1,9}$/.test(text) ? Number(text) : undefined),
  expects: 'a whole number',
  examples: [],
};

const bytes = (least: number): ValueKind<number> => ({
  parse: (text) => {
    const value = parseBytes(text);
    return value !== undefined && value >= least ? value : undefined;
  },
  expects: `an amount of at least ${formatBytes(least)}, such as 512MiB or 2GiB`,
  examples: ['256MiB', '512MiB', '1GiB', '4GiB'],
});

/** Processors: how many, or which ones. */
export type CpuChoice = { count: number } | { set: number[] };

const cpus: ValueKind<CpuChoice> = {
  parse(text) {
    if (/^[1-9]\d{0,4}$/.test(text)) return { count: Number(text) };
    const set = parseCpuSet(text);
    return set && { set };
  },
  expects: 'a number of processors such as 2, or a set of them such as 0-3 or 1,3',
  examples: ['1', '2', '0-1'],
};

/** What runs a virtual machine's code: the processor by KVM, or QEMU's own emulation. `auto`: what is best here. */
export type AccelChoice = 'auto' | 'kvm' | 'tcg';

const accels = ['auto', 'kvm', 'tcg'] as const;

const accel: ValueKind<AccelChoice> = {
  parse: (text) => accels.find((known) => known === text),
  expects: 'auto, kvm or tcg',
  examples: accels,
};

function parseCpuSet(text: string): number[] | undefined {
  if (!/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text)) return undefined;
  const members = new Set<number>();
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (last < first) return undefined;
    for (let cpu = first; cpu <= last; cpu += 1) members.add(cpu);
  }
  return [...members].sort((a, b) => a - b);
}

function key<T>(declaration: {
  kind: ValueKind<T>;
  default?: T;
  types?: readonly InstanceType[];
  live?: readonly InstanceType[];
  help: string;
}): ConfigKey<T> {
  return { types: both, live: [], default: undefined, ...declaration };
}

/** Every config key, once. Validation, help, completion and `docs/reference/config.md` come from here. */
export const configKeys = {
  'boot.autostart': key({
    kind: bool,
    live: both,
    help: 'Start the instance when the daemon starts; unset: as it was when the host went down',
  }),
  'boot.autostart.priority': key({
    kind: integer,
    default: 0,
    live: both,
    help: 'Instances with a higher priority start first',
  }),
  'boot.autorestart': key({
    kind: bool,
    default: false,
    live: both,
    help: 'Start the instance again when its init ends without having been asked to',
  }),
  'boot.host_shutdown_timeout': key({
    kind: count(0),
    default: 30,
    live: both,
    help: 'Seconds that the instance gets to shut down when the host does, or when a stop names no timeout',
  }),
  'limits.cpu': key({
    kind: cpus,
    live: ['container'],
    help: 'Processors it may use: how many, or which ones',
  }),
  'limits.memory': key({
    kind: bytes(8 * 2 ** 20),
    live: ['container'],
    help: 'Memory it may use',
  }),
  'limits.processes': key({
    kind: count(8),
    types: ['container'],
    live: ['container'],
    help: 'Processes and threads it may have',
  }),
  'security.privileged': key({
    kind: bool,
    default: false,
    types: ['container'],
    help: 'Run without a user namespace; root inside is root on the host. Only for guests that you trust',
  }),
  'vm.accel': key<AccelChoice>({
    kind: accel,
    default: 'auto',
    types: ['virtual-machine'],
    help: 'What runs its code: kvm (the processor), tcg (QEMU in software), or auto: what this host does best',
  }),
} satisfies Record<
  string,
  ConfigKey<never> | ConfigKey<boolean> | ConfigKey<number> | ConfigKey<CpuChoice> | ConfigKey<AccelChoice>
>;

export type ConfigKeyName = keyof typeof configKeys;

/** Families of keys whose last part is free. They are all texts and never limited to a type. */
export const configFamilies = {
  'environment.': {
    live: both,
    help: 'Environment variable for exec and for init, such as environment.LANG',
  },
  'user.': { live: both, help: 'Free text of yours; filters and scripts can read it' },
  'image.': { live: both, help: 'Properties of the image that it was made from; set at creation' },
  'volatile.': { live: both, help: 'Kept by the daemon; not for people' },
} as const;

type ValueOf<K extends ConfigKeyName> = (typeof configKeys)[K] extends ConfigKey<infer T> ? T : never;

/** Typed values of a whole config: what the user set, or else the default. */
export type Settings = { readonly [K in ConfigKeyName]: ValueOf<K> | undefined } & {
  /** The `environment.*` family, by variable name. */
  readonly environment: Readonly<Record<string, string>>;
};

const isDeclared = (name: string): name is ConfigKeyName => Object.hasOwn(configKeys, name);

export function findConfigKey(name: string): ConfigKey | undefined {
  return isDeclared(name) ? configKeys[name] : undefined;
}

export function familyOf(name: string): keyof typeof configFamilies | undefined {
  const families = Object.keys(configFamilies) as (keyof typeof configFamilies)[];
  return families.find((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

/** Throws `invalid` for an unknown key, a malformed value, or a key that does not serve `type`. */
export function validateConfig(config: Config, type?: InstanceType): void {
  for (const [name, text] of Object.entries(config)) {
    if (familyOf(name)) continue;
    const declared = findConfigKey(name);
    if (!declared) throw unknownKey(name);
    if (type && !declared.types.includes(type)) throw notForType(name, type);
    if (declared.kind.parse(text) === undefined) {
      throw new Fault('invalid', `${name} must be ${declared.kind.expects}, not "${text}"`);
    }
  }
}

/** Typed values of a validated config. */
export function readSettings(config: Config): Settings {
  const values = Object.keys(configKeys).map((name) => {
    const declared = configKeys[name as ConfigKeyName] as ConfigKey;
    const text = config[name];
    return [name, text === undefined ? declared.default : (declared.kind.parse(text) ?? declared.default)];
  });
  const prefix = 'environment.';
  const environment = Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
  return { ...Object.fromEntries(values), environment } as Settings;
}

function unknownKey(name: string): Fault {
  const close = Object.keys(configKeys).filter((known) => sharesPart(known, name));
  return new Fault('invalid', `There is no config key "${name}"`, {
    hint:
      close.length > 0
        ? `Did you mean ${close.slice(0, 4).join(', ')}?`
        : 'Free keys begin with "user.". All keys: docs/reference/config.md',
  });
}

const sharesPart = (known: string, name: string): boolean =>
  name.split('.').some((part) => part.length > 2 && known.split('.').includes(part));

function notForType(name: string, type: InstanceType): Fault {
  return new Fault('invalid', `${name} does not apply to a ${type}`, {
    hint: `It serves ${configKeys[name as ConfigKeyName].types.join(' and ')}.`,
  });
}
