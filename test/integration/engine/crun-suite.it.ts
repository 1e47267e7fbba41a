import { afterAll, beforeAll } from 'vitest';
import type { RunPlan } from '#engine/engine.ts';
import { engineSuite } from '#engine/engine-suite.ts';
import { TestContainers } from './test-containers.ts';

let containers: TestContainers;
let plan: RunPlan;
beforeAll(async () => {
  containers = await TestContainers.open();
  plan = await containers.plan('0123abcd');
});
afterAll(() => containers.close());

engineSuite(async () => {
  let engine = await containers.engine();
  return {
    engine,
    plan: () => plan,
    async endInit(id, how) {
      const { pid = 0 } = (await engine.usage(id)) ?? {};
      if (how === 'crashed') process.kill(pid, 'SIGKILL');
      else await engine.exec(id, forced(how), new AbortController().signal);
    },
    async nextDaemon() {
      await engine.close();
      engine = await containers.engine();
      return engine;
    },
    close: () => engine.close(),
  };
});

const forced = (how: 'power-off' | 'reboot') => ({
  command: [how === 'reboot' ? 'reboot' : 'poweroff', '-f'],
  environment: {},
  user: 0,
  group: 0,
  cwd: undefined,
  terminal: undefined,
});
