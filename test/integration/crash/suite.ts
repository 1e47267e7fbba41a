import { afterAll, beforeAll, describe, test } from 'vitest';
import { seededRandom } from '../../harness/seeded-random.ts';
import { type HasHost, type Scenario, titleOf } from './scenario.ts';
import { CrashWalk, walkMs } from './walk.ts';

/** Deaths at random in each scenario: `WADAH_CRASH_DEATHS` asks for more. */
const randomDeaths = Number(process.env['WADAH_CRASH_DEATHS'] ?? 2);

/** Both walks through all scenarios, on one stage. */
export function walkThrough<Stage extends HasHost>(
  makeStage: () => Promise<Stage>,
  scenarios: readonly Scenario<Stage>[],
): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage();
  });
  afterAll(() => stage.host.remove());

  const titled = scenarios.map((scenario) => [titleOf(scenario), scenario] as const);
  const options = { timeout: walkMs };

  describe('a daemon that is killed leaves all of it or nothing', () => {
    test.each(titled)('at every step of %s', options, (_, scenario) =>
      new CrashWalk(stage, scenario).everyStep(),
    );

    const random = seededRandom('WADAH_CRASH_SEED');
    test.each(titled)('at any moment of %s', options, (_, scenario) =>
      new CrashWalk(stage, scenario).anyMoment(randomDeaths, random),
    );
  });
}
