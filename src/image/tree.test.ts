import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { removeFromTree, writeTree } from './tree.ts';

let scratch: string;
let root: string;
beforeEach(async () => {
  scratch = await mkdtemp('/tmp/wadah-tree-');
  root = join(scratch, 'rootfs');
  await mkdir(root);
});
afterEach(() => rm(scratch, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(join(root, path))).mode & 0o7777;

test('entries have the modes that were asked for, and parents 0755, whatever the umask', async () => {
  const umask = process.umask(0o077);
  try {
    await writeTree(root, [
      { path: 'deep/below/file', text: 'text' },
      { path: 'deep/secret', text: 'text', mode: 0o600 },
      { path: 'tmp', folder: true, mode: 0o1777 },
      { path: 'deep/link', link: '/anywhere' },
    ]);
  } finally {
    process.umask(umask);
  }
  assert.equal(await modeOf('deep'), 0o755);
  assert.equal(await modeOf('deep/below'), 0o755);
  assert.equal(await modeOf('deep/below/file'), 0o644);
  assert.equal(await modeOf('deep/secret'), 0o600);
  assert.equal(await modeOf('tmp'), 0o1777);
  assert.equal(await readlink(join(root, 'deep/link')), '/anywhere');
});

test('a link that has the name of an entry is replaced, not followed', async () => {
  await writeFile(join(scratch, 'precious'), 'kept');
  await symlink(join(scratch, 'precious'), join(root, 'file'));
  await writeTree(root, [{ path: 'file', text: 'new' }]);
  assert.equal(await readFile(join(scratch, 'precious'), 'utf8'), 'kept');
  assert.equal(await readFile(join(root, 'file'), 'utf8'), 'new');
});

test('links between folders of the tree are followed', async () => {
  await mkdir(join(root, 'usr'));
  await symlink('usr', join(root, 'lib'));
  await writeTree(root, [{ path: 'lib/file', text: 'text' }]);
  assert.equal(await readFile(join(root, 'usr/file'), 'utf8'), 'text');
});

test('a folder that is a link out of the tree is refused, for writing and for removing', async () => {
  await writeFile(join(scratch, 'precious'), 'kept');
  await symlink(scratch, join(root, 'folder'));
  await assert.rejects(writeTree(root, [{ path: 'folder/precious', text: 'new' }]), /leads out of the tree/);
  await assert.rejects(removeFromTree(root, ['folder/precious']), /leads out of the tree/);
  assert.equal(await readFile(join(scratch, 'precious'), 'utf8'), 'kept');
});

test('removing takes folders with what is in them, and is content with nothing', async () => {
  await writeTree(root, [{ path: 'folder/file', text: 'text' }]);
  await removeFromTree(root, ['folder', 'nothing']);
  await assert.rejects(stat(join(root, 'folder')), { code: 'ENOENT' });
});
