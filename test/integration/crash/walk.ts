import assert from 'node:assert/strict';
import { sleep } from '#base/wait.ts';
import { definitions } from '#daemon/resolve-definition.ts';
import { audit } from '../../harness/audit.ts';
import { chainOf, pointsOf } from '../../harness/death-points.ts';
import { duration } from '../../harness/measure.ts';
import type { Random } from '../../harness/seeded-random.ts';
import { type HasHost, type Scenario, titleOf } from './scenario.ts';

/** The longest walk on a busy machine. */
export const walkMs = 600_000;

type Definition = (typeof definitions)[number];

/** Plays one scenario again and again, and lets the daemon die in ever other moments of it. */
export class CrashWalk<Stage extends HasHost> {
  readonly #stage: Stage;
  readonly #scenario: Scenario<Stage>;
  readonly #definition: Definition;

  constructor(stage: Stage, scenario: Scenario<Stage>) {
    this.#stage = stage;
    this.#scenario = scenario;
    this.#definition = definitionOf(scenario);
  }

  /**
   * A death at every step boundary, each time of a fresh operation; and daemon after daemon dies at every boundary of
   * the way on which an interrupted one is finished or taken back.
   */
  async everyStep(): Promise<void> {
    const points = pointsOf(this.#definition);
    const chain = chainOf(this.#definition);
    const tookMs = await duration(async () => {
      for (const point of points) await this.#dieAt([point]);
      await this.#dieAt(chain);
      await audit(this.#stage.host);
    });
    this.#report(`${points.length + chain.length} deaths at steps`, tookMs);
  }

  /** So many deaths at any moment of the operation, or of the daemon's start that follows. */
  async anyMoment(deaths: number, random: Random): Promise<void> {
    const { host } = this.#stage;
    await this.#scenario.prepare(this.#stage);
    const usualMs = await duration(() => this.#scenario.act(this.#stage));
    const tookMs = await duration(async () => {
      for (let death = 0; death < deaths; death += 1) {
        const startMs = random() < 0.3 ? random() * 600 : undefined;
        await this.#dieAfter(random() * usualMs * 1.2, startMs);
      }
      await audit(host);
    });
    this.#report(`${deaths} deaths at random`, tookMs);
  }

  async #dieAt(points: readonly string[]): Promise<void> {
    const { host } = this.#stage;
    await explained(`After a death at ${points.join(', ')}`, async () => {
      await this.#scenario.prepare(this.#stage);
      await host.setDeaths(points);
      const isAcknowledged = await this.#isAcknowledged();
      await host.died();
      assert.equal(await host.startUntilAlive(), points.length - 1, 'daemons that died on the way back');
      const isDone = await this.#scenario.isDone(this.#stage);
      const mustBeDone = isAcknowledged || this.#definition.afterCrash === 'finish';
      assert.ok(isDone || !mustBeDone, 'what was acknowledged, or is finished after a crash, is there');
      await this.#tryAgain(isDone);
    });
  }

  async #dieAfter(actMs: number, startMs: number | undefined): Promise<void> {
    const { host } = this.#stage;
    const when = `${actMs.toFixed(1)} ms${startMs === undefined ? '' : ` and at the next start after ${startMs.toFixed(1)} ms`}`;
    await explained(`After a death after ${when}`, async () => {
      await this.#scenario.prepare(this.#stage);
      const acknowledged = this.#isAcknowledged();
      await sleep(actMs);
      await host.endDaemon('SIGKILL');
      const isAcknowledged = await acknowledged;
      if (startMs !== undefined) await host.startAndKill(startMs);
      await host.startDaemon();
      const isDone = await this.#scenario.isDone(this.#stage);
      assert.ok(isDone || !isAcknowledged, 'what was acknowledged is there');
      await this.#tryAgain(isDone);
    });
  }

  async #tryAgain(isDone: boolean): Promise<void> {
    await audit(this.#stage.host);
    if (isDone) await this.#scenario.prepare(this.#stage);
    await this.#scenario.act(this.#stage);
    assert.ok(await this.#scenario.isDone(this.#stage), 'the next try does it');
  }

  async #isAcknowledged(): Promise<boolean> {
    try {
      await this.#scenario.act(this.#stage);
      return true;
    } catch {
      return false; // whatever else would be wrong with it shows when it is tried again
    }
  }

  #report(what: string, tookMs: number): void {
    const title = `${this.#stage.label}: ${titleOf(this.#scenario)}`;
    process.stdout.write(`CRASH ${title}: ${what}, ${Math.round(tookMs)} ms, no findings\n`);
  }
}

function definitionOf({ kind }: Scenario<never>): Definition {
  const definition = definitions.find((known) => known.kind === kind);
  if (!definition) throw new Error(`There is no operation "${kind}"`);
  return definition;
}

async function explained(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}
