import { afterAll, beforeAll, test } from 'vitest';
import { finishOperation } from '#client/operations.ts';
import { makeHost } from '../harness/host.ts';
import type { TestHost } from '../harness/host.ts';
import { report, sample } from '../harness/measure.ts';
import { RawCrun } from './raw-crun.ts';

const rounds = 25;
let host: TestHost;

beforeAll(async () => {
  host = await makeHost();
  await host.buildImage('busybox');
});
afterAll(() => host.remove());

/** Creates and starts it by one request, as `wadah launch` does, and waits for the end of the operation. */
async function launch(name: string): Promise<void> {
  const source = { type: 'image', alias: 'busybox' } as const;
  const body = { name, type: 'container', source, start: true } as const;
  await finishOperation(host.client, await host.client.begin('POST', '/1.0/instances', { body }));
}

async function change(name: string, action: 'start' | 'stop'): Promise<void> {
  const body = { action, force: true, timeout: -1, stateful: false } as const;
  const params = { name };
  await finishOperation(
    host.client,
    await host.client.begin('PUT', '/1.0/instances/{name}/state', { params, body }),
  );
}

test('launch and forced stop beside crun by hand', async () => {
  await launch('bundle');
  const raw = await RawCrun.of(host);
  await raw.sample(3);
  const peer = { name: 'crun run of the same bundle', sample: await raw.sample(rounds) };
  await change('bundle', 'stop');
  report('create and start, inside the daemon', await sample(rounds, (round) => launch(`r${round}`)), peer);
  const stops = await sample(rounds, (round) => change(`r${round}`, 'stop'));
  report('forced stop, inside the daemon', stops);
  report('start, inside the daemon', await sample(rounds, (round) => change(`r${round}`, 'start')), peer);
  report(
    'launch, from the command line',
    await sample(rounds, (round) => host.must('launch', 'busybox', `c${round}`)),
  );
  report(
    'exec of true, from the command line',
    await sample(rounds, () => host.must('exec', 'c0', '--', 'true')),
  );
});
