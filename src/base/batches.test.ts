import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'vitest';
import { Batches } from './batches.ts';

/** Work that ends when told to. */
function heldWork() {
  const seen: string[][] = [];
  const ends: (() => void)[] = [];
  const work = (items: string[]) => {
    seen.push(items);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  return { seen, work, end: () => ends.shift()?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('items that come while a batch is worked on make the next batch', async () => {
  const { seen, work, end } = heldWork();
  const batches = new Batches(work);
  const first = batches.add('a');
  await turn();
  const others = [batches.add('b'), batches.add('c')];
  await turn();
  assert.deepEqual(seen, [['a']]);
  end();
  await first;
  await turn();
  assert.deepEqual(seen, [['a'], ['b', 'c']]);
  end();
  await Promise.all(others);
});

test('a batch that fails fails its own items and no later ones', async () => {
  const batches = new Batches<string>(async (items) => {
    if (items.includes('bad')) throw new Error('no');
  });
  await assert.rejects(batches.add('bad'), /no/);
  await batches.add('good');
});

test('work runs in the context of whoever made the batches', async () => {
  const context = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const batches = context.run('maker', () => new Batches(async () => void seen.push(context.getStore())));
  await context.run('caller', () => batches.add(1));
  assert.deepEqual(seen, ['maker']);
});
