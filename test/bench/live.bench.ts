import { afterAll, beforeAll, describe, test } from 'vitest';
import { finishOperation } from '#client/operations.ts';
import type { InstancePut } from '#contract/contract.ts';
import { isFault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';
import type { TestHost } from '../harness/host.ts';
import { makeHostWithImages } from '../harness/images.ts';
import { asSample, duration, report, reportFigure } from '../harness/measure.ts';
import { nanoRecipe } from '../harness/nano.ts';
import { comingDevices, findLiveChange, liveNames } from './live-keys.ts';
import { beginWatch, type Watch, whereSeen } from './watch-effect.ts';

const rounds = 10;
const images = { container: 'busybox', 'virtual-machine': nanoRecipe.name } as const;
let host: TestHost;

beforeAll(async () => {
  host = await makeHostWithImages('busybox', nanoRecipe);
});
afterAll(() => host.remove());

const patch = async (name: string, body: InstancePut): Promise<unknown> =>
  finishOperation(
    host.client,
    await host.client.begin('PATCH', '/1.0/instances/{name}', { params: { name }, body }),
  );

/** The change as a PATCH; a device is named by its type and has to be sent whole. */
async function bodyOf(instance: string, name: string, value = ''): Promise<InstancePut> {
  const [type, option] = name.split(' ');
  if (option === undefined) return { config: { [name]: value } };
  const params = { name: instance };
  const { expanded_devices: devices } = await host.client.read('/1.0/instances/{name}', { params });
  const [device = '', options] = Object.entries(devices).find(([, each]) => each['type'] === type) ?? [];
  return { devices: { [device]: { ...options, [option]: value } } };
}

/** Milliseconds from the call until the effect is there. */
async function untilSeen(instance: string, body: InstancePut, watch: Watch): Promise<number> {
  if (watch === 'the answer') return duration(() => patch(instance, body));
  const { changed, stop } = await beginWatch(host, instance, watch);
  const taken = duration(() => changed);
  try {
    await patch(instance, body);
    return await taken;
  } finally {
    stop();
  }
}

/** A change that nothing has to be done for, in turn with one that is measured. */
async function measure(
  { what, instance, watch }: { what: string; instance: string; watch: Watch },
  bodyIn: (round: number) => Promise<InstancePut>,
): Promise<void> {
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const body = await bodyIn(round);
    ours.push(await untilSeen(instance, body, watch));
    peers.push(await duration(() => patch(instance, { config: { 'user.x': String(round) } })));
  }
  const peer = { name: 'PATCH of user.x', sample: asSample(peers) };
  report(`${instance}: ${what}, seen ${whereSeen(watch)}`, asSample(ours), peer);
}

async function measureKey(instance: InstanceType, name: string): Promise<void> {
  const change = findLiveChange(instance, name);
  if (!change) return reportFigure(`${instance}: ${name}`, 'nobody has said how its effect is seen');
  const { values, watch, beside = {} } = change;
  await clear(instance);
  try {
    await patch(instance, { config: beside });
    await patch(instance, await bodyOf(instance, name, values[0]));
    await measure({ what: name, instance, watch }, (round) =>
      bodyOf(instance, name, values[(round + 1) % values.length]),
    );
  } catch (error) {
    if (!isFault(error)) throw error;
    reportFigure(`${instance}: ${name}`, `refused here: ${error.message}`);
  }
}

describe.each<InstanceType>(['container', 'virtual-machine'])('%s', (type) => {
  test('time from the call to the effect of each key that is live', async () => {
    const kind = type === 'virtual-machine' ? ['--vm'] : [];
    await host.must('launch', images[type], type, '--wait', ...kind);
    for (const name of liveNames(type)) await measureKey(type, name);
  });
});

test('time from the call until a device is there', async () => {
  for (const [what, { device, watch }] of Object.entries(comingDevices)) {
    await clear('container');
    await measure({ what, instance: 'container', watch }, async (round) => ({ devices: device(round) }));
  }
});

/** Everything as it was at the launch. */
async function clear(name: string): Promise<void> {
  await finishOperation(
    host.client,
    await host.client.begin('PUT', '/1.0/instances/{name}', {
      params: { name },
      body: { config: {}, devices: {}, profiles: ['default'] },
    }),
  );
}
