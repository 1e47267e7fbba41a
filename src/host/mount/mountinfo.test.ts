import assert from 'node:assert/strict';
import { test } from 'vitest';
import { isWithin, parseMountinfo, readMounts } from './mountinfo.ts';

test('a line of mountinfo is read with its optional fields and its octal numbers', () => {
  const [entry] = parseMountinfo(
    '36 35 98:0 /mnt1 /my\\040disk rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n',
  );
  assert.deepEqual(entry, {
    id: 36,
    parent: 35,
    device: '98:0',
    root: '/mnt1',
    target: '/my disk',
    options: ['rw', 'noatime'],
    propagation: ['master:1', 'shared:2'],
    type: 'ext3',
    source: '/dev/root',
    superOptions: ['rw', 'errors=continue'],
  });
});

test('this process has a root', () => {
  assert.ok(readMounts().some(({ target }) => target === '/'));
});

test('a folder contains itself and what is below it, not what only begins alike', () => {
  assert.equal(isWithin('/run/wadah', '/run/wadah'), true);
  assert.equal(isWithin('/run/wadah/ab12', '/run/wadah'), true);
  assert.equal(isWithin('/run/wadah2', '/run/wadah'), false);
  assert.equal(isWithin('/anything', '/'), true);
});
