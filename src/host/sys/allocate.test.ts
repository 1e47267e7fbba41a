import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { allocate } from './allocate.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wadah-allocate-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a file gets its bytes on the disk, and more when it is asked for again', async () => {
  const path = join(folder, 'file');
  for (const bytes of [65_536, 131_072]) {
    assert.equal(await allocate(path, bytes), true);
    const { size, blocks } = await stat(path);
    assert.equal(size, bytes);
    assert.ok(blocks * 512 >= bytes);
  }
});

test('what does not fit is not given', async () => {
  const { blocks, bsize } = await statfs(folder);
  assert.equal(await allocate(join(folder, 'file'), 2 * blocks * bsize), false);
});
