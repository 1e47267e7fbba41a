import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConfigKey,
  configKeys,
  familyOf,
  findConfigKey,
  readSettings,
  validateConfig,
} from './config-keys.ts';
import { isFault } from './fault.ts';
import { type InstanceType, instanceTypes } from './instance.ts';

const names = Object.keys(configKeys);
const name = fc.constantFrom(...names);
const declared = Object.entries(configKeys) as [string, ConfigKey][];
/** Texts that people type, texts that come close to being values, and traps. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'true',
    'OFF',
    '1',
    '0',
    '-1',
    '512MiB',
    '0-3',
    '3-0',
    '1,3',
    '1,',
    '',
    ' ',
    '1e3',
    'constructor',
    '__proto__',
  ),
  fc.integer().map(String),
);

const isValid = (config: Record<string, string>, type?: InstanceType): boolean => {
  try {
    validateConfig(config, type);
    return true;
  } catch (error) {
    if (isFault(error, 'invalid')) return false;
    throw error;
  }
};

describe('the table of config keys', () => {
  test.each(declared)('%s has a line of help and serves a type; it is live on no other', (_, key) => {
    expect(key.help).toMatch(/^[A-Z][^\n]*[^.\n]$/);
    expect(key.types.length).toBeGreaterThan(0);
    for (const type of key.live) expect(key.types).toContain(type);
  });

  test.each(declared)('%s takes the values that it offers as examples', (_, { kind }) => {
    for (const example of kind.examples) expect(kind.parse(example)).toBeDefined();
  });

  test.each(names)('%s belongs to no family', (key) => {
    expect(familyOf(key)).toBeUndefined();
    expect(findConfigKey(key)).toBeDefined();
  });
});

describe('validateConfig', () => {
  test('takes exactly the texts that have a value, on exactly the types that a key serves', () => {
    fc.assert(
      fc.property(name, text, fc.constantFrom(...instanceTypes), (key, value, type) => {
        const { kind, types } = findConfigKey(key) as ConfigKey;
        expect(isValid({ [key]: value })).toBe(kind.parse(value) !== undefined);
        expect(isValid({ [key]: value }, type)).toBe(isValid({ [key]: value }) && types.includes(type));
      }),
    );
  });

  test('takes any text in the families, but not a family without a name', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('user.', 'environment.', 'image.', 'volatile.'),
        fc.string(),
        text,
        (family, rest, value) => {
          expect(isValid({ [family + rest]: value })).toBe(rest !== '');
        },
      ),
    );
  });

  test('refuses every other key, whatever its name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('constructor', 'toString', 'limits', 'limits.')),
        (key) => {
          fc.pre(!findConfigKey(key) && !familyOf(key));
          expect(isValid({ [key]: 'true' })).toBe(false);
        },
      ),
    );
  });

  test.each([
    [{ 'limits.memroy': '1GiB' }, 'There is no config key "limits.memroy"', /limits\.memory/],
    [{ colour: 'red' }, 'There is no config key "colour"', /user\./],
  ])('says which key was meant, or where free keys go', (config, message, hint) => {
    expect(() => validateConfig(config as unknown as Record<string, string>)).toThrow(
      expect.objectContaining({ message, hint: expect.stringMatching(hint) }),
    );
  });

  test('says what a value must be, and which type a key serves', () => {
    expect(() => validateConfig({ 'limits.memory': '1KiB' })).toThrow(
      'limits.memory must be an amount of at least 8MiB, such as 512MiB or 2GiB, not "1KiB"',
    );
    expect(() => validateConfig({ 'limits.processes': '100' }, 'virtual-machine')).toThrow(
      expect.objectContaining({
        message: 'limits.processes does not apply to a virtual-machine',
        hint: 'It serves container.',
      }),
    );
  });
});

describe('readSettings', () => {
  test('of an empty config is what stands in the table', () => {
    const settings = readSettings({});
    for (const [key, { default: value }] of declared)
      expect(settings[key as keyof typeof configKeys]).toBe(value);
    expect(settings.environment).toEqual({});
  });

  test('turns texts into values', () => {
    expect(
      readSettings({
        'boot.autostart': 'yes',
        'boot.autostart.priority': '-5',
        'limits.memory': '1.5GiB',
        'limits.cpu': '2',
        'environment.LANG': 'C.UTF-8',
        'user.note': 'ignored',
      }),
    ).toMatchObject({
      'boot.autostart': true,
      'boot.autostart.priority': -5,
      'limits.memory': 1.5 * 2 ** 30,
      'limits.cpu': { count: 2 },
      environment: { LANG: 'C.UTF-8' },
    });
  });

  test.each<[string, object | undefined]>([
    ['4', { count: 4 }],
    ['0', { set: [0] }],
    ['0-2', { set: [0, 1, 2] }],
    ['3,1,1-2', { set: [1, 2, 3] }],
    ['2-1', undefined],
    ['1,', undefined],
    ['-1', undefined],
  ])('reads the processors "%s" as %j', (cpus, choice) => {
    expect(readSettings({ 'limits.cpu': cpus })['limits.cpu']).toEqual(choice);
  });

  test('gives every flag as a boolean and every amount as a number that is not negative', () => {
    fc.assert(
      fc.property(text, (value) => {
        const settings = readSettings({ 'security.privileged': value, 'limits.memory': value });
        expect(typeof settings['security.privileged']).toBe('boolean');
        expect(settings['limits.memory'] ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
