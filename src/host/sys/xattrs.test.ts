import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { libcFunction } from './libc.ts';
import { readXattrs } from './xattrs.ts';

// /tmp may be a tmpfs without user attributes; the checkout's disk may not be writable for others.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp('/var/tmp/wadah-xattr-');
});
afterEach(() => rm(folder, { recursive: true }));

const setxattr = libcFunction('setxattr', 'int', ['str', 'str', 'str', 'size_t', 'int']);

test('attributes come with their values, sorted by name', async () => {
  const path = join(folder, 'file');
  await writeFile(path, '');
  setxattr(path, 'user.b', 'second', 6, 0);
  setxattr(path, 'user.a', '', 0, 0);
  assert.deepEqual(await readXattrs(path), [
    ['user.a', Buffer.alloc(0)],
    ['user.b', Buffer.from('second')],
  ]);
});

test('a link is not followed', async () => {
  await writeFile(join(folder, 'file'), '');
  setxattr(join(folder, 'file'), 'user.a', 'x', 1, 0);
  await symlink('file', join(folder, 'link'));
  assert.deepEqual(await readXattrs(join(folder, 'link')), []);
});

test('a path may be any bytes', async () => {
  const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x0a])]);
  await writeFile(path, '');
  assert.deepEqual(await readXattrs(path), []);
});

test('a file that is not there is a host fault', async () => {
  await assert.rejects(readXattrs(join(folder, 'nothing')), (error) => isFault(error, 'host'));
});
