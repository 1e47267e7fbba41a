import { engineSuite } from '../engine-suite.ts';
import { testPlan } from '../test-plan.ts';
import { FakeEngine } from './fake-engine.ts';

engineSuite(async () => {
  let engine = new FakeEngine();
  return {
    engine,
    plan: testPlan,
    endInit: async (id, how) => engine.end(id, how),
    async nextDaemon() {
      engine = engine.successor();
      return engine;
    },
    async close() {},
  };
});
