import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { isFault } from '#model/fault.ts';
import { HostPrograms } from '../process/host-programs.ts';
import { readSuperBlock } from './super-block.ts';

async function makeFile(): Promise<string> {
  const folder = await mkdtemp('/tmp/wadah-ext4-');
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'image');
  await writeFile(file, Buffer.alloc(4096));
  return file;
}

test('what a file system was made with is read from its file', async () => {
  const file = await makeFile();
  await truncate(file, 300 * 2 ** 20);
  const options = ['-t', 'ext4', '-b', '4096', '-N', '1000', '-L', '984'];
  await new HostPrograms().run(['mke2fs', '-q', ...options, file]);
  const found = await readSuperBlock(file);
  assert.deepEqual(
    { label: found.label, blockBytes: found.blockBytes, blocks: found.blocks, groups: found.groups },
    { label: '984', blockBytes: 4096, blocks: 76_800, groups: 3 },
  );
  assert.ok(found.inodes >= 1000 && found.inodes < 1000 + 3 * 16);
  assert.equal(found.inodes - found.freeInodes, 11, 'those that ext4 has for itself');
  assert.ok(found.freeBlocks > 70_000 && found.freeBlocks < found.blocks);
});

test('a file of another kind is told by its name', async () => {
  const file = await makeFile();
  await assert.rejects(
    readSuperBlock(file),
    (error) => isFault(error, 'host') && error.message.includes(file),
  );
});
