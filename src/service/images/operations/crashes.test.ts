import assert from 'node:assert/strict';
import { afterEach, test } from 'vitest';
import type { RecoveredOperation } from '#operation/operation.ts';
import { walkCrashes } from '#operation/crash-walk.ts';
import { TestImages, noLeaves } from '../test-images.ts';
import { buildImage } from './build.ts';
import { deleteImage } from './delete.ts';

const worlds: TestImages[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world[Symbol.asyncDispose]();
});

async function makeWorld(isBuilt: boolean) {
  const world = await TestImages.make();
  worlds.push(world);
  if (isBuilt) await world.build();
  return { world, store: world.store, leaves: noLeaves, deps: world.deps };
}

/** Images, their trees and their aliases are the same ones; nothing else is in the pool. */
async function fingerprintsOf({ world }: { world: TestImages }): Promise<string[]> {
  const images = (await world.images.list('default')).map(({ image }) => image.fingerprint);
  const aliases = (await world.images.listAliases('default')).map(({ fingerprint }) => fingerprint);
  assert.deepEqual(await world.pool.contents(), { roots: [], images, builds: [] });
  assert.deepEqual(aliases, images);
  return images;
}

const wayOf = (recovered: RecoveredOperation | undefined) => recovered?.outcome ?? 'none';

test('a build that the daemon dies in, anywhere, ends with the image and its tree, or with neither', async () => {
  const ends = new Set<string>();
  const ways = await walkCrashes({
    definition: buildImage,
    input: { recipe: 'small', alias: 'small' },
    makeWorld: () => makeWorld(false),
    check: async (world, recovered) => {
      const { length } = await fingerprintsOf(world as Awaited<ReturnType<typeof makeWorld>>);
      ends.add(`${wayOf(recovered)} ${length}`);
    },
  });
  assert.ok(ways > 50, `it died in ${ways} ways`);
  assert.ok(ends.has('undone 0') && ends.has('none 1'), [...ends].join());
});

test('a forced build that the daemon dies in never takes away the tree that was there before', async () => {
  await walkCrashes({
    definition: buildImage,
    input: { recipe: 'small', alias: 'small' },
    makeWorld: () => makeWorld(true),
    check: async (world) => {
      assert.equal((await fingerprintsOf(world as Awaited<ReturnType<typeof makeWorld>>)).length, 1);
    },
  });
});

test('a deletion that has begun is finished, wherever the daemon dies', async () => {
  const { world } = await makeWorld(true);
  const [fingerprint = ''] = await fingerprintsOf({ world });
  await walkCrashes({
    definition: deleteImage,
    input: { fingerprint, recipe: 'small' },
    makeWorld: () => makeWorld(true),
    check: async (end, recovered) => {
      const { length } = await fingerprintsOf(end as Awaited<ReturnType<typeof makeWorld>>);
      assert.equal(length, recovered?.outcome === 'failed' ? 1 : 0);
    },
  });
});
