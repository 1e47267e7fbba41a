import assert from 'node:assert/strict';
import { test } from 'vitest';
import { readProxy } from '#model/device.ts';
import { requireNoClash } from './clashes.ts';

const forward = (device: string, listen: string, more: Record<string, string> = {}) =>
  readProxy(device, { listen, connect: 'tcp:127.0.0.1:80', ...more });
const mine = (...forwards: ReturnType<typeof forward>[]) => ({ name: 'web1', forwards });
const others = (...forwards: ReturnType<typeof forward>[]) => [{ name: 'web2', forwards }];

test('two instances cannot listen in one place, and the refusal names both and the port', () => {
  assert.throws(
    () =>
      requireNoClash(
        mine(forward('http', 'tcp:0.0.0.0:80,8080')),
        others(forward('web', 'tcp:10.0.0.1:8080')),
      ),
    {
      code: 'exists',
      message: 'The proxies "http" and "web" of "web2" cannot both listen on tcp:0.0.0.0:8080',
    },
  );
});

test.for([
  ['tcp:0.0.0.0:80', 'tcp:0.0.0.0:80'],
  ['tcp:10.0.0.1:80', 'tcp:0.0.0.0:80'],
  ['tcp:[::]:80', 'tcp:10.0.0.1:80'],
  ['tcp:[::]:80', 'tcp:[fd00::1]:80'],
  ['tcp:0.0.0.0:80', 'tcp:[::]:80'],
  ['unix:/run/a', 'unix:/run/a'],
])('%s and %s are one place', ([one = '', other = '']) => {
  assert.throws(() => requireNoClash(mine(forward('a', one)), others(forward('b', other))), {
    code: 'exists',
  });
});

test.for([
  ['tcp:0.0.0.0:80', 'udp:0.0.0.0:80'],
  ['tcp:10.0.0.1:80', 'tcp:10.0.0.2:80'],
  ['tcp:0.0.0.0:80', 'tcp:[fd00::1]:80'],
  ['tcp:0.0.0.0:80-89', 'tcp:0.0.0.0:90-99'],
  ['unix:/run/a', 'unix:/run/b'],
])('%s and %s are two', ([one = '', other = '']) => {
  requireNoClash(mine(forward('a', one)), others(forward('b', other)));
});

test('what listens inside is in nobody’s way but its own', () => {
  const inside = { bind: 'instance' };
  const [one, other] = [forward('a', 'tcp:0.0.0.0:80', inside), forward('b', 'tcp:0.0.0.0:80', inside)];
  requireNoClash(mine(one), others(other));
  requireNoClash(mine(one, forward('b', 'tcp:0.0.0.0:80')), []);
  assert.throws(() => requireNoClash(mine(one, other), []), { code: 'exists' });
});
