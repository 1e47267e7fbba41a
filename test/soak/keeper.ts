import { eventually } from '../harness/host.ts';
import type { MortalHost } from '../harness/mortal-host.ts';
import type { Random } from '../harness/seeded-random.ts';

/** Kills the daemon of a host and brings it back, and tells those who wait for it. */
export class Keeper {
  readonly host: MortalHost;
  readonly #random: Random;
  #isUp: Promise<void> = Promise.resolve();
  /** How often it died. */
  deaths = 0;
  /** When the one that is there was started, as clocks have it. */
  startedAtMs = Date.now();

  constructor(host: MortalHost, random: Random) {
    this.host = host;
    this.#random = random;
  }

  /** Resolves when a daemon is there that has finished what an earlier one left. */
  up(): Promise<void> {
    return this.#isUp;
  }

  /** Kills it, and now and then the next one in the middle of its start, too. */
  async kill(): Promise<void> {
    this.#isUp = this.#killAndRestart();
    await this.#isUp;
  }

  async #killAndRestart(): Promise<void> {
    this.deaths += 1;
    await this.host.endDaemon('SIGKILL');
    if (this.#random() < 0.3) {
      this.deaths += 1;
      await this.host.startAndKill(this.#random() * 1500);
    }
    this.startedAtMs = Date.now();
    await this.host.startDaemon();
    await this.idle();
  }

  /** Waits until no operation is going on. */
  async idle(): Promise<void> {
    await eventually(async () => {
      const { running = [], pending = [] } = await this.host.client.read('/1.0/operations');
      if (running.length + pending.length > 0) throw new Error(`still going on: ${running.join()}`);
    }, 180_000);
  }
}
