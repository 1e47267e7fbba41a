import { expect, test } from 'vitest';
import { expand } from './expand.ts';
import type { Profile } from './profile.ts';

const profile = (name: string, rest: Partial<Profile>): Profile => ({
  project: 'default',
  name,
  description: '',
  config: {},
  devices: {},
  ...rest,
});

test('later profiles win over earlier ones, and the own config over all', () => {
  const profiles = [
    profile('first', { config: { a: 'first', b: 'first', c: 'first' } }),
    profile('second', { config: { b: 'second', c: 'second' } }),
  ];
  const { config } = expand({ config: { c: 'own' }, devices: {} }, profiles);
  expect(config).toEqual({ a: 'first', b: 'second', c: 'own' });
});

test('a device replaces its namesake as a whole, and one of type none hides it', () => {
  const devices = { eth0: { type: 'nic', mtu: '9000' }, eth1: { type: 'nic' }, root: { type: 'disk' } };
  const own = { eth0: { type: 'nic', name: 'lan' }, eth1: { type: 'none' } };
  expect(expand({ config: {}, devices: own }, [profile('default', { devices })]).devices).toEqual({
    eth0: { type: 'nic', name: 'lan' },
    root: { type: 'disk' },
  });
});

test('what it is made from stays as it is', () => {
  const own = { config: { a: 'own' }, devices: {} };
  const profiles = [profile('default', { config: { a: 'profile' } })];
  const before = structuredClone({ own, profiles });
  expand(own, profiles);
  expect({ own, profiles }).toEqual(before);
});
