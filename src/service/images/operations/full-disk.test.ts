import assert from 'node:assert/strict';
import { afterEach, test } from 'vitest';
import { walkFullDisk } from '#operation/full-disk-walk.ts';
import type { SmallDisk } from '#operation/small-disk.ts';
import { TestImages } from '../test-images.ts';

const worlds: TestImages[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

const build = (world: TestImages) => world.build();

async function remove(world: TestImages) {
  const { fingerprint } = await world.images.getAlias('default', 'small');
  return (await world.images.delete('default', fingerprint)).finished;
}

async function look(world: TestImages): Promise<unknown> {
  const images = (await world.images.list('default')).map(({ image }) => image.fingerprint);
  const aliases = await world.images.listAliases('default');
  const journals = await world.store.range('operation/');
  return { images, aliases, journals, contents: await world.pool.contents() };
}

const makeWorld = (isBuilt: boolean) => async (disk: SmallDisk) => {
  const world = await TestImages.make(disk);
  worlds.push(world);
  if (isBuilt) await world.build();
  return world;
};

test('a build for which there is no room leaves everything as it was', async () => {
  const walk = { makeWorld: makeWorld(false), act: build, look };
  assert.ok((await walkFullDisk(walk, { hasReserve: true })) >= 2);
  assert.ok((await walkFullDisk(walk, { hasReserve: false })) >= 2);
});

test('a deletion has room on the fullest disk', async () => {
  const walk = { makeWorld: makeWorld(true), act: remove, look };
  assert.equal(await walkFullDisk(walk, { hasReserve: true }), 0);
});
