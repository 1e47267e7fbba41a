import { afterAll, beforeAll } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import { engineSuite } from '#engine/engine-suite.ts';
import { makeNanoGuest } from '../../harness/nano.ts';
import { never, request } from '../engine/guest-program.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import { TestVms } from './test-vms.ts';

let vms: TestVms;
let plan: RunPlan;
beforeAll(async () => {
  vms = await TestVms.open();
  const boot = await makeNanoGuest(vms.folder);
  plan = { ...(await vms.plan('0123abcd', { config: { 'limits.memory': '256MiB' } })), boot };
});
afterAll(() => vms.close());

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
      await engine.exec(id, request(['sh', '-c', endings[how]]), never).catch(() => undefined);
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
