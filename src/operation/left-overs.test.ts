import { expect, test } from 'vitest';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import { isFinal } from '#model/operation.ts';
import { BuildingSite, houseDefinition } from './test-house.ts';

async function siteWithLeftOvers(): Promise<BuildingSite> {
  const site = new BuildingSite(await openMemoryStore());
  site.house.before = (act) => {
    if (act === 'build attic 1') throw new Error('no bricks');
    if (act === 'tear down hall 2') throw new Error('the door is locked');
  };
  const { fault } = await (await site.build()).finished;
  expect(fault?.hint).toBe('What "Building home" left is taken back as soon as that goes.');
  return site;
}

/** Lets so much time pass, and then all operations come to their end. */
async function pass(site: BuildingSite, ms: number): Promise<void> {
  site.clock.advance(ms);
  const isBusy = () => site.operations.list().some(({ state }) => !isFinal(state));
  do await new Promise((resolve) => setImmediate(resolve));
  while (isBusy());
}

test('what could not be taken back is tried again after seconds, ever more seldom, until nothing is left', async () => {
  const site = await siteWithLeftOvers();
  await pass(site, 5_000);
  expect(site.house.rooms).toEqual(['cellar 1', 'cellar 2', 'hall 1', 'hall 2']);
  site.house.before = () => {};
  await pass(site, 5_000);
  expect(site.house.rooms).toHaveLength(4);
  await pass(site, 5_000);
  expect(site.house.rooms).toEqual([]);
  expect(await site.journals()).toEqual([]);
});

test('while others work on the same objects it waits for its next turn', async () => {
  const site = await siteWithLeftOvers();
  site.house.before = () => {};
  let letGo: () => void = () => {};
  const painted = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const other = await site.build('home', houseDefinition({ steps: [{ name: 'paint', do: () => painted }] }));
  site.clock.advance(5_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await site.journals()).toHaveLength(2);
  letGo();
  await other.finished;
  await site.operations.retryLeft();
  expect(await site.journals()).toEqual([]);
});
