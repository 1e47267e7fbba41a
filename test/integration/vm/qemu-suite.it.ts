import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import { engineSuite } from '#engine/engine-suite.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { execRequest } from '#engine/test-exec.ts';
import { never } from '../engine/guest-program.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import { TestVms } from './test-vms.ts';

let vms: TestVms;
let plan: RunPlan;
let folder: string;
beforeAll(async () => {
  // Before this process has a network of its own: the image may have to be built.
  folder = await mkdtemp('/var/tmp/wadah-guest-');
  const boot = await makeNanoGuest(folder);
  vms = await TestVms.open();
  plan = { ...(await vms.plan('0123abcd', { config: { 'limits.memory': '256MiB' } })), boot };
});
afterAll(async () => {
  await vms.close();
  await rm(folder, { recursive: true });
});

const endings = {
  'power-off': 'poweroff -f',
  reboot: 'reboot -f',
  crashed: 'echo c >/proc/sysrq-trigger',
};

engineSuite(async () => {
  let engine = await vms.engine(sshGuestAccess);
  return {
    engine,
    plan: () => plan,
    async endInit(id, how) {
      // It may be gone before it has said that the program runs.
      await engine.exec(id, execRequest(['sh', '-c', endings[how]]), never).catch(() => undefined);
    },
    async nextDaemon() {
      await engine.close();
      engine = await vms.engine(sshGuestAccess);
      return engine;
    },
    async close() {
      await engine.close();
      await vms.checkDisk(plan);
    },
  };
}, ['power-off', 'crashed']);
