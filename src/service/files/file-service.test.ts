import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import type { Engine } from '#engine/engine.ts';
import { TestWorld } from '../instances/test-world.ts';
import { FileService } from './file-service.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await TestWorld.make();
});
afterEach(() => world[Symbol.asyncDispose]());

test('what reads a file of an instance that is deleted meanwhile leaves nothing of it', async () => {
  const files = new FileService(world.deps);
  const before = world.holdings();
  await world.create();
  const engine: Engine = world.engine;
  engine.mountRoot = () => Promise.reject(new Error('its layers have gone'));
  world.deps.pool.openRoot = async () => {
    await world.ended(world.instances.delete('default', 'one'));
  };
  await assert.rejects(files.read('default', 'one', '/etc/hostname'));
  assert.deepEqual(world.holdings(), before);
});
