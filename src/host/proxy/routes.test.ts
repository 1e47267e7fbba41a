import assert from 'node:assert/strict';
import { test } from 'vitest';
import { readProxy } from '#model/device.ts';
import { listenerKey, routesOf } from './routes.ts';

const routes = (listen: string, connect: string, more = {}) =>
  routesOf(readProxy('p', { listen, connect, ...more }));
const texts = (listen: string, connect: string) =>
  routes(listen, connect).map(({ from, to }) => [from.text, to.text]);

test('the ports of both sides belong together in their order', () => {
  assert.deepEqual(texts('tcp:0.0.0.0:90,80', 'tcp:127.0.0.1:1-2'), [
    ['tcp:0.0.0.0:90', 'tcp:127.0.0.1:1'],
    ['tcp:0.0.0.0:80', 'tcp:127.0.0.1:2'],
  ]);
  assert.deepEqual(texts('tcp:[::]:80-81', 'unix:/run/x'), [
    ['tcp:[::]:80', 'unix:/run/x'],
    ['tcp:[::]:81', 'unix:/run/x'],
  ]);
});

test('another target needs no other listener, another owner of its socket does', () => {
  const key = (...args: Parameters<typeof routes>) => routes(...args).map(listenerKey)[0];
  assert.equal(key('tcp:0.0.0.0:80', 'tcp:127.0.0.1:1'), key('tcp:0.0.0.0:80', 'tcp:127.0.0.1:2'));
  const file = ['unix:/run/x', 'tcp:127.0.0.1:1'] as const;
  assert.notEqual(key(...file), key(...file, { mode: '0660' }));
  assert.notEqual(key(...file), key(...file, { bind: 'instance' }));
});
