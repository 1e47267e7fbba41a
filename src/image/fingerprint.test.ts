import assert from 'node:assert/strict';
import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { measureTree } from './fingerprint.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp('/tmp/wadah-print-');
});
afterEach(() => rm(scratch, { recursive: true }));

async function makeTree(name: string): Promise<string> {
  const root = join(scratch, name);
  await mkdir(join(root, 'folder'), { recursive: true });
  await writeFile(join(root, 'file'), 'some text', { mode: 0o644 });
  await writeFile(join(root, 'folder/program'), 'another', { mode: 0o755 });
  await symlink('file', join(root, 'link'));
  return root;
}

const printOf = async (root: string): Promise<string> => (await measureTree(root)).fingerprint;

test('equal trees have equal fingerprints, wherever and whenever they were made', async () => {
  const one = await makeTree('one');
  const two = await makeTree('two');
  await utimes(join(two, 'file'), 1, 1);
  assert.equal(await printOf(one), await printOf(two));
  assert.match(await printOf(one), /^[0-9a-f]{64}$/);
});

test.each<[string, (root: string) => Promise<void>]>([
  ['content', (root) => writeFile(join(root, 'file'), 'other text')],
  ['content of the same length', (root) => writeFile(join(root, 'file'), 'same text')],
  ['permissions', (root) => chmod(join(root, 'file'), 0o600)],
  ['permissions of a folder', (root) => chmod(join(root, 'folder'), 0o700)],
  ['a set-user-id bit', (root) => chmod(join(root, 'folder/program'), 0o4755)],
  ['a name', (root) => rename(join(root, 'file'), join(root, 'File'))],
  ['one more empty file', (root) => writeFile(join(root, 'more'), '')],
  ['an empty folder', (root) => mkdir(join(root, 'more'))],
  [
    'the target of a link',
    async (root) => {
      await rm(join(root, 'link'));
      await symlink('folder', join(root, 'link'));
    },
  ],
  [
    'a link in place of a file',
    async (root) => {
      await rm(join(root, 'file'));
      await symlink('some text', join(root, 'file'));
    },
  ],
])('the fingerprint tells %s', async (_what, change) => {
  const root = await makeTree('tree');
  const before = await printOf(root);
  await change(root);
  assert.notEqual(await printOf(root), before);
});

test('names are bytes: those that are no UTF-8 count, too', async () => {
  const root = await makeTree('tree');
  const named = (last: number) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, last])]);
  await writeFile(named(0xfe), '');
  const before = await measureTree(root);
  await rename(named(0xfe), named(0xfd));
  const after = await measureTree(root);
  assert.equal(after.entries, before.entries);
  assert.notEqual(after.fingerprint, before.fingerprint);
});

test('a file with two names takes its space once', async () => {
  const root = await makeTree('tree');
  await writeFile(join(root, 'big'), Buffer.alloc(256 * 1024, 'x'));
  const before = await measureTree(root);
  await link(join(root, 'big'), join(root, 'folder/big'));
  const after = await measureTree(root);
  assert.equal(after.entries, before.entries + 1);
  assert.equal(after.sizeBytes, before.sizeBytes);
  assert.ok(after.sizeBytes >= 256 * 1024);
});

test('measuring can be given up', async () => {
  const root = await makeTree('tree');
  await assert.rejects(measureTree(root, AbortSignal.abort()), { name: 'AbortError' });
});
