import assert from 'node:assert/strict';
import { isFault } from '#model/fault.ts';
import { audit } from '../../harness/audit.ts';
import { duration } from '../../harness/measure.ts';
import type { SmallDisk } from '../../harness/small-disk.ts';
import { type HasHost, type Scenario, titleOf } from './scenario.ts';

/** What is left on the full disk, in bytes: now this, now that. */
const leftBytes = [0, 4096, 16_384, 65_536];

/** Plays one scenario again and again, on a disk that becomes full at each write of the daemon in turn. */
export class FullDiskWalk<Stage extends HasHost> {
  readonly #stage: Stage;
  readonly #scenario: Scenario<Stage>;
  readonly #disk: SmallDisk;

  constructor(stage: Stage, scenario: Scenario<Stage>, disk: SmallDisk) {
    this.#stage = stage;
    this.#scenario = scenario;
    this.#disk = disk;
  }

  async everyWrite(): Promise<void> {
    let writes = 0;
    let refusals = 0;
    const tookMs = await duration(async () => {
      for (let hasRoom = false; !hasRoom; writes += 1) {
        const { wasFull, isRefused } = await this.#fillAfter(writes);
        if (isRefused) refusals += 1;
        hasRoom = !wasFull;
      }
    });
    const title = `${this.#stage.label}: ${titleOf(this.#scenario)}`;
    process.stdout.write(
      `FULL DISK ${title}: at ${writes - 1} writes, refused at ${refusals}, ${Math.round(tookMs)} ms, no findings\n`,
    );
  }

  async #fillAfter(writes: number): Promise<{ wasFull: boolean; isRefused: boolean }> {
    const { host } = this.#stage;
    // A daemon starts one that dies ten times in a minute again, and no more.
    if (this.#scenario.kind === 'instance.settle' && writes % 5 === 4) await host.killAndRestartDaemon();
    await this.#scenario.prepare(this.#stage);
    const left = leftBytes[writes % leftBytes.length] ?? 0;
    await host.planFullDisk({ writes, folder: this.#disk.place, leftBytes: left });
    const refusal = await this.#refusalOf(this.#scenario.act(this.#stage));
    const wasFull = await host.dropFullDiskPlan();
    await this.#disk.makeRoom();
    try {
      requireWords(refusal);
      assert.equal(await this.#scenario.isDone(this.#stage), refusal === undefined, 'all of it or nothing');
      await audit(host);
      if (refusal) await this.#tryAgain();
    } catch (cause) {
      throw new Error(`With the disk full after ${writes} writes but for ${left} bytes`, { cause });
    }
    return { wasFull, isRefused: refusal !== undefined };
  }

  async #tryAgain(): Promise<void> {
    await this.#scenario.act(this.#stage);
    assert.ok(await this.#scenario.isDone(this.#stage), 'the next try does it');
  }

  async #refusalOf(act: Promise<void>): Promise<unknown> {
    return act.then(
      () => undefined,
      (error: unknown) => error,
    );
  }
}

function requireWords(refusal: unknown): void {
  if (refusal === undefined) return;
  assert.ok(isFault(refusal, 'insufficient'), String(refusal));
  assert.ok(refusal.hint, refusal.message);
}
