import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { EventHub } from '../events/event-hub.ts';
import { TestWorld } from '../instances/test-world.ts';
import { ProfileService } from './profile-service.ts';

let world: TestWorld;
let profiles: ProfileService;
beforeEach(async () => {
  world = await TestWorld.make();
  profiles = new ProfileService({
    records: world.deps.profiles,
    instances: world.deps.records,
    events: new EventHub(silentLogger),
    reapply: async () => {},
  });
  await profiles.create({ project: 'default', name: 'web', description: '', config: {}, devices: {} });
});
afterEach(() => world[Symbol.asyncDispose]());

const codesOf = (results: PromiseSettledResult<unknown>[]): string[] =>
  results.map((result) => (result.status === 'fulfilled' ? 'ok' : String(result.reason.code))).sort();

/** Does something between the look for instances that include a profile and what depends on it. */
function afterNextLook(work: () => Promise<unknown>): void {
  const { records } = world.deps;
  const list = records.list.bind(records);
  records.list = async (project) => {
    const instances = await list(project);
    records.list = list;
    await work();
    return instances;
  };
}

const launch = () => world.create({ profiles: ['default', 'web'] });

test('of two deletions at the same time one succeeds', async () => {
  const both = [profiles.delete('default', 'web'), profiles.delete('default', 'web')];
  assert.deepEqual(codesOf(await Promise.allSettled(both)), ['not-found', 'ok']);
});

test('of a deletion and a renaming at the same time one succeeds', async () => {
  const both = [profiles.delete('default', 'web'), profiles.rename('default', 'web', 'db')];
  assert.deepEqual(codesOf(await Promise.allSettled(both)), ['not-found', 'ok']);
});

test('a profile that an instance begins to include while it is being deleted stays', async () => {
  afterNextLook(launch);
  await assert.rejects(profiles.delete('default', 'web'), { code: 'busy' });
  assert.equal((await profiles.get('default', 'web')).usedBy.join(), 'one');
});

test('a profile that an instance is given while it is being renamed keeps its name', async () => {
  await world.create();
  afterNextLook(() =>
    world.ended(world.instances.update('default', 'one', { profiles: ['web'] }, undefined)),
  );
  await assert.rejects(profiles.rename('default', 'web', 'db'), { code: 'busy' });
});

test('an instance is not made with a profile that is deleted meanwhile', async () => {
  const { pool } = world.deps;
  const makeRoot = pool.makeRoot.bind(pool);
  pool.makeRoot = async (id, image) => {
    await profiles.delete('default', 'web');
    await makeRoot(id, image);
  };
  assert.equal((await launch()).fault?.code, 'not-found');
  assert.deepEqual(await world.instances.list('default'), []);
});

test('a name that another profile has is refused, whatever goes on', async () => {
  await profiles.create({ project: 'default', name: 'db', description: '', config: {}, devices: {} });
  await assert.rejects(profiles.rename('default', 'web', 'db'), { code: 'exists' });
  await profiles.delete('default', 'db');
  await profiles.rename('default', 'web', 'db');
  assert.deepEqual((await profiles.list('default')).map(({ profile }) => profile.name).sort(), [
    'db',
    'default',
  ]);
});
