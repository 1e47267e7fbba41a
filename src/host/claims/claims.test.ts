import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { ClaimFile } from './claim-file.ts';
import { HostClaims } from './host-claims.ts';

let folder: string;
let file: ClaimFile;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'claims-'));
  file = new ClaimFile(path.join(folder, 'claims'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (name: string) => HostClaims.open(path.join(folder, name), file);

test('a directory keeps its mark, and no two directories share one', async () => {
  const [first, again, second] = [await open('one'), await open('one'), await open('two')];
  assert.match(first.mark, /^[0-9a-f]{4}$/);
  assert.equal(again.mark, first.mark);
  assert.notEqual(second.mark, first.mark);
});

test('claims made at the same time do not overlap', async () => {
  const daemons = await Promise.all(['a', 'b', 'c', 'd'].map(open));
  const blocks = await Promise.all(daemons.map((daemon) => daemon.claimFreeIdBlock()));
  assert.equal(new Set(blocks).size, 4);
});

test('a remembered block is claimed again unless another daemon has it', async () => {
  const [one, two] = [await open('one'), await open('two')];
  assert.deepEqual(await one.claimIdBlocks([7]), [7]);
  assert.deepEqual(await two.claimIdBlocks([7, 8]), [8]);
});

test('a daemon chooses its network knowing those of the others', async () => {
  const [one, two] = [await open('one'), await open('two')];
  await one.claimSubnet(async () => '10.64.0.0/20');
  await two.claimSubnet(async (others) => {
    assert.deepEqual(others, ['10.64.0.0/20']);
    return '10.64.16.0/20';
  });
  await one.claimSubnet(async (others) => {
    assert.deepEqual(others, ['10.64.16.0/20']);
    return '10.64.0.0/20';
  });
});

test('claims of directories that are gone are taken back', async () => {
  mkdirSync(path.join(folder, 'gone'));
  const gone = await open('gone');
  const block = await gone.claimFreeIdBlock();
  rmSync(path.join(folder, 'gone'), { recursive: true });
  const next = await open('next');
  assert.equal(await next.claimFreeIdBlock(), block);
});
