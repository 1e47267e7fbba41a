import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { afterAll, beforeAll, test } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import type { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { connectStream } from '#host/sys/sockets.ts';
import { readProxy } from '#model/device.ts';
import { eventually } from '../../harness/host.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { inside, never } from '../engine/guest-program.ts';
import { TestVms } from '../vm/test-vms.ts';
import { readAll } from './side.ts';

const id = '0123abcd';
let vms: TestVms;
let engine: QemuEngine;
let plan: RunPlan;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp('/var/tmp/wadah-guest-');
  const boot = await makeNanoGuest(folder);
  vms = await TestVms.open();
  engine = await vms.engine(sshGuestAccess);
  plan = { ...(await vms.plan(id, { config: { 'limits.memory': '256MiB' } })), boot };
  await engine.start(plan, never);
  await eventually(() => guest('ip addr add 10.98.0.2/20 dev eth0'), 300_000);
});
afterAll(async () => {
  await engine.destroy(id);
  await engine.close();
  await vms.close();
  await rm(folder, { recursive: true });
});

const guest = async (script: string): Promise<string> => (await inside(engine, id, script)).stdout;

const tables = async (): Promise<string> =>
  (await vms.host.programs.run(['nft', 'list', 'tables', 'inet'])).stdout;

/** What is said at a port of the host. */
async function told(port: number): Promise<string> {
  const fd = connectStream({ host: '10.98.0.1', port });
  return readAll(new Socket({ fd: fd ?? -1 }).on('error', () => undefined));
}

test('a port of the host leads to a virtual machine while it runs, and to nobody afterwards', async () => {
  await guest('(while :; do echo salam | nc -l -p 80; done) >/dev/null 2>&1 &');
  const options = { listen: 'tcp:10.98.0.1:7000', connect: 'tcp:10.98.0.2:80', nat: 'true' };
  await engine.update({ ...plan, forwards: [readProxy('www', options)] });
  await eventually(async () => assert.equal(await told(7000), 'salam\n'));
  await engine.update(plan);
  await assert.rejects(told(7000), { code: 'ECONNREFUSED' });
  assert.doesNotMatch(await tables(), new RegExp(id));
  await engine.update({ ...plan, forwards: [readProxy('www', options)] });
  assert.match(await tables(), new RegExp(id));
  await engine.destroy(id);
  assert.doesNotMatch(await tables(), new RegExp(id));
});
