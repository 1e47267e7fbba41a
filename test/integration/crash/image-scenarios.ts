import assert from 'node:assert/strict';
import { finishOperation } from '#client/operations.ts';
import { isFault } from '#model/fault.ts';
import type { MortalHost } from '../../harness/mortal-host.ts';
import type { HasHost, Scenario } from './scenario.ts';

const alias = 'busybox';

/** Scenarios of the operations on images, played with the smallest one there is. */
export const imageScenarios: Scenario<HasHost>[] = [
  {
    kind: 'image.build',
    prepare: ({ host }) => remove(host),
    act: ({ host }) => build(host),
    isDone: async ({ host }) => (await find(host)) !== undefined,
  },
  {
    kind: 'image.delete',
    prepare: ({ host }) => build(host),
    act: ({ host }) => remove(host),
    isDone: async ({ host }) => (await find(host)) === undefined,
  },
];

async function find(host: MortalHost): Promise<string | undefined> {
  const images = (await host.client.read('/1.0/images', { query: { recursion: 1 } })) as {
    fingerprint: string;
    aliases: { name: string }[];
  }[];
  assert.ok(images.length <= 1, 'there is one image, or none');
  const [image] = images;
  if (!image) return undefined;
  assert.deepEqual(
    image.aliases.map(({ name }) => name),
    [alias],
  );
  return image.fingerprint;
}

async function build(host: MortalHost): Promise<void> {
  if (await find(host)) return;
  const body = { source: { type: 'wadah-build', recipe: alias } };
  await finishOperation(host.client, await host.client.begin('POST', '/1.0/images', { body }));
}

async function remove(host: MortalHost): Promise<void> {
  const fingerprint = await find(host);
  if (fingerprint === undefined) return;
  const params = { fingerprint };
  try {
    await finishOperation(
      host.client,
      await host.client.begin('DELETE', '/1.0/images/{fingerprint}', { params }),
    );
  } catch (error) {
    if (!isFault(error, 'not-found')) throw error;
  }
}
