import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { Fault } from '#model/fault.ts';
import type { Instance } from '#model/instance.ts';
import { removeStrangeTrees } from './strangers.ts';
import { TestImages } from './test-images.ts';

let world: TestImages;
beforeEach(async () => {
  world = await TestImages.make();
});
afterEach(() => world[Symbol.asyncDispose]());

const list = () => world.images.list('default');
const fingerprintOf = async (alias: string): Promise<string> =>
  (await world.images.getAlias('default', alias)).fingerprint;
const contents = () => world.pool.contents();
const nothing = { roots: [], images: [], builds: [] };

async function built(): Promise<string> {
  const { state, result, fault } = await world.build();
  assert.equal(state, 'succeeded', fault?.message);
  return result['fingerprint'] as string;
}

describe('building', () => {
  test('makes a tree, its document and the alias of the recipe, and tells of both', async () => {
    const fingerprint = await built();
    const [view] = await list();
    assert.equal(view?.image.fingerprint, fingerprint);
    assert.deepEqual(view?.aliases, [{ name: 'small', description: '' }]);
    assert.equal(view.image.properties['os'], 'Test');
    assert.equal(view.image.properties['description'], 'The small image');
    assert.equal(view.image.origin, 'build small');
    assert.ok(view.image.sizeBytes > 0);
    assert.deepEqual(await contents(), { ...nothing, images: [fingerprint] });
    assert.deepEqual(world.happened, ['image-created', 'image-alias-created']);
  });

  test('tells how far it is', async () => {
    const { begun, letGo } = world.holdBuild();
    const handle = await world.begin();
    await begun;
    assert.deepEqual(handle.view().progress, { stage: 'Writing', percent: 50 });
    letGo();
    await handle.finished;
  });

  test('what is built already is not built again, but gets the alias that was asked for', async () => {
    const fingerprint = await built();
    world.during = () => assert.fail('it builds again');
    const again = await world.build({ alias: 'mine' });
    assert.deepEqual([again.state, again.result], ['succeeded', { fingerprint }]);
    assert.equal(await fingerprintOf('mine'), fingerprint);
  });

  test('by force, it builds again and moves the alias to the new image; the old one stays', async () => {
    const old = await built();
    world.text = 'newer';
    const { result } = await world.build({ force: true });
    assert.notEqual(result['fingerprint'], old);
    assert.equal(await fingerprintOf('small'), result['fingerprint']);
    assert.equal((await list()).length, 2);
    assert.equal((await world.images.get('default', old)).aliases.length, 0);
  });

  test('building the same packages again gives the same image', async () => {
    const fingerprint = await built();
    const { image: before } = await world.images.get('default', fingerprint);
    assert.equal((await world.build({ force: true })).state, 'succeeded');
    const { image: after } = await world.images.get('default', fingerprint);
    assert.equal(after.createdAt, before.createdAt);
    assert.deepEqual(await contents(), { ...nothing, images: [fingerprint] });
  });

  test('a failed build leaves nothing, and the next one works', async () => {
    world.during = () => {
      throw new Fault('host', 'no package for you', { hint: 'Ask again.' });
    };
    const { state, fault } = await world.build();
    assert.deepEqual([state, fault?.message, fault?.hint], ['failed', 'no package for you', 'Ask again.']);
    assert.deepEqual(await contents(), nothing);
    assert.deepEqual(await list(), []);
    world.during = () => {};
    await built();
  });

  test('cancelling ends the build and leaves nothing', async () => {
    const { begun } = world.holdBuild();
    const handle = await world.begin();
    await begun;
    world.operations.cancel(handle.id);
    assert.equal((await handle.finished).state, 'cancelled');
    assert.deepEqual(await contents(), nothing);
  });

  test('a forced build that fails late leaves the tree alone that was there before', async () => {
    const fingerprint = await built();
    world.deps.records.publish = () => Promise.reject(new Fault('unavailable', 'no store'));
    assert.equal((await world.build({ force: true })).state, 'failed');
    assert.deepEqual(await contents(), { ...nothing, images: [fingerprint] });
  });

  test('a second build of the same recipe is busy, of another one is not', async () => {
    const { begun, letGo } = world.holdBuild();
    const first = await world.begin();
    await assert.rejects(world.begin({ alias: 'another' }), { code: 'busy' });
    await begun;
    world.during = () => {};
    assert.equal((await world.build({ recipe: 'other/1' })).state, 'succeeded');
    letGo();
    assert.equal((await first.finished).state, 'succeeded');
  });

  test('a build that the disk has no room for is not begun', async () => {
    world.pool.space = async () => ({ totalBytes: 2048, freeBytes: 512 });
    await assert.rejects(world.begin(), {
      code: 'insufficient',
      message: 'Cannot build image "small": it takes 1KiB of disk, 512B is free',
    });
  });

  test('a recipe that is not there is refused with those that are', async () => {
    await assert.rejects(world.begin({ recipe: 'debian/99' }), {
      code: 'not-found',
      message: 'There is no recipe for an image "debian/99"',
      hint: 'These can be built: small, other/1.',
    });
  });

  test.each(['', 'with space', '-dash', 'x'.repeat(128), 'new\nline'])(
    'the alias %j is refused before anything is done',
    async (alias) => {
      await assert.rejects(world.begin({ alias }), { code: 'invalid' });
      assert.deepEqual(world.operations.list(), []);
    },
  );

  test('an alias of an image of another origin is not taken away', async () => {
    await world.build({ alias: 'mine' });
    await assert.rejects(world.begin({ recipe: 'other/1', alias: 'mine' }), { code: 'exists' });
  });
});

describe('finding', () => {
  test('an image is found by the beginning of its fingerprint', async () => {
    const fingerprint = await built();
    assert.equal((await world.images.get('default', fingerprint.slice(0, 8))).image.fingerprint, fingerprint);
  });

  test('a beginning of several fingerprints is refused', async () => {
    const { value } = await world.deps.records.get('default', await built());
    const alias = { project: 'default', name: 'x', description: '', fingerprint: '' };
    for (const last of ['1', '2']) {
      const fingerprint = `ffff${'0'.repeat(59)}${last}`;
      await world.deps.records.publish({ ...value, fingerprint }, { ...alias, fingerprint });
    }
    await assert.rejects(world.images.get('default', 'ffff'), { code: 'invalid' });
  });

  test.each(['', 'xyz', '../instance', 'f'.repeat(65)])('%j names no image', async (name) => {
    await built();
    await assert.rejects(world.images.get('default', name), { code: 'not-found' });
  });

  test('a name that a recipe has, but no image yet, comes with the way to get it', async () => {
    await assert.rejects(world.images.getAlias('default', 'other/1'), {
      code: 'not-found',
      hint: 'It can be built: wadah image build other/1',
    });
  });
});

describe('deleting', () => {
  const remove = async (fingerprint: string) => (await world.images.delete('default', fingerprint)).finished;

  test('takes the tree, the document and all aliases away', async () => {
    const fingerprint = await built();
    await world.images.createAlias({ project: 'default', name: 'mine', description: '', fingerprint });
    await world.build({ recipe: 'other/1' });
    assert.equal((await remove(fingerprint)).state, 'succeeded');
    assert.deepEqual(
      (await world.images.listAliases('default')).map(({ name }) => name),
      ['other/1'],
    );
    assert.deepEqual((await contents()).images, [await fingerprintOf('other/1')]);
    assert.deepEqual(world.happened.slice(-3), [
      'image-alias-deleted',
      'image-alias-deleted',
      'image-deleted',
    ]);
  });

  test('is busy while instances stand on the image, and names one', async () => {
    const fingerprint = await built();
    const user = (name: string) => ({ name, image: fingerprint }) as Instance;
    world.users.push(user('web1'), user('web2'), user('web3'));
    await assert.rejects(world.images.delete('default', fingerprint), {
      code: 'busy',
      message: `Cannot delete image ${fingerprint.slice(0, 12)}: "web1" and 2 more stand on it`,
    });
    assert.deepEqual((await contents()).images, [fingerprint]);
  });

  test('an instance that is made from the image at the last moment keeps it', async () => {
    const fingerprint = await built();
    const { records } = world.deps;
    const original = records.remove.bind(records);
    records.remove = async (entry) => {
      records.remove = original;
      world.users.push({ name: 'web1', image: fingerprint } as Instance);
      await world.store.transact({ writes: [{ put: entry.key, value: entry.value }] });
      return original(entry);
    };
    const { state, fault } = await remove(fingerprint);
    assert.deepEqual([state, fault?.code], ['failed', 'busy']);
    assert.equal(await fingerprintOf('small'), fingerprint);
    assert.deepEqual((await contents()).images, [fingerprint]);
  });

  test('is busy while the same recipe is being built', async () => {
    const fingerprint = await built();
    const { begun, letGo } = world.holdBuild();
    const build = await world.begin({ force: true });
    await begun;
    await assert.rejects(world.images.delete('default', fingerprint), { code: 'busy' });
    letGo();
    await build.finished;
    assert.equal((await remove(fingerprint)).state, 'succeeded');
  });
});

describe('aliases', () => {
  const alias = (name: string, fingerprint: string) => ({
    project: 'default',
    name,
    description: 'mine',
    fingerprint,
  });

  test('are made, changed, renamed and deleted, and each is told', async () => {
    const first = await built();
    const second = (await world.build({ recipe: 'other/1' })).result['fingerprint'] as string;
    world.happened.length = 0;
    await world.images.createAlias(alias('a', first.slice(0, 10)));
    assert.equal(await fingerprintOf('a'), first);
    await world.images.updateAlias('default', 'a', { fingerprint: second });
    await world.images.updateAlias('default', 'a', { description: 'another' });
    assert.deepEqual(await world.images.getAlias('default', 'a'), {
      ...alias('a', second),
      description: 'another',
    });
    await world.images.renameAlias('default', 'a', 'b/c');
    assert.equal(await fingerprintOf('b/c'), second);
    await world.images.deleteAlias('default', 'b/c');
    await assert.rejects(world.images.getAlias('default', 'b/c'), { code: 'not-found' });
    assert.deepEqual(
      world.happened,
      ['created', 'updated', 'updated', 'renamed', 'deleted'].map((what) => `image-alias-${what}`),
    );
  });

  test('are unique, and need an image', async () => {
    const fingerprint = await built();
    await assert.rejects(world.images.createAlias(alias('small', fingerprint)), { code: 'exists' });
    await assert.rejects(world.images.createAlias(alias('x', 'abcdef')), { code: 'not-found' });
    await world.images.createAlias(alias('x', fingerprint));
    await assert.rejects(world.images.renameAlias('default', 'x', 'small'), { code: 'exists' });
    await assert.rejects(world.images.renameAlias('default', 'x', 'not good'), { code: 'invalid' });
    await world.images.renameAlias('default', 'x', 'x');
    assert.equal((await world.images.getAlias('default', 'x')).description, 'mine');
  });
});

test('at the daemon’s start, trees without an image and folders of builds that are over go away', async () => {
  const fingerprint = await built();
  await mkdir(join(world.folder, 'pool/images', 'e'.repeat(64), 'rootfs'), { recursive: true });
  await world.pool.makeBuildFolder('build-1');
  await removeStrangeTrees(world.deps, 'default', silentLogger);
  assert.deepEqual(await contents(), { ...nothing, images: [fingerprint] });
});
