import { settlesWithin } from '#base/wait.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { Client } from '#client/client.ts';
import { eventually } from '../harness/host.ts';
import type { MortalHost } from '../harness/mortal-host.ts';
import type { Answer } from './answer.ts';
import type { Keeper } from './keeper.ts';

/** Nothing takes so long, on any machine. */
const longestMs = 240_000;

const toldExchanges = 8;

/** One of those who use a daemon at the same time. */
export class Caller {
  readonly name: string;
  readonly client: Client;
  readonly #keeper: Keeper;
  readonly #exchanges: string[] = [];

  constructor(name: string, keeper: Keeper) {
    this.name = name;
    this.client = new Client(keeper.host.socket, (exchange) => {
      this.#exchanges.push(`${performance.now().toFixed(0)} ms ${exchange}`);
      this.#exchanges.splice(0, this.#exchanges.length - toldExchanges);
    });
    this.#keeper = keeper;
  }

  get host(): MortalHost {
    return this.#keeper.host;
  }

  /** Which daemon is there. */
  get daemon(): Pick<Keeper, 'deaths' | 'startedAtMs'> {
    const { deaths, startedAtMs } = this.#keeper;
    return { deaths, startedAtMs };
  }

  /** Asks as soon as a daemon is there. An answer that was lost ends when the next daemon has finished or undone it. */
  async timed(ask: () => Promise<Answer>): Promise<{ answer: Answer; beganMs: number; endedMs: number }> {
    await this.#keeper.up();
    const { deaths } = this.#keeper;
    const beganMs = performance.now();
    const asked = ask();
    if (!(await settlesWithin(asked, longestMs))) throw new Error(`No answer within ${longestMs} ms`);
    const answer = await asked;
    const isLost = answer.says !== 'ok' && deaths !== this.#keeper.deaths;
    if (isLost) await this.#keeper.up();
    const endedMs = performance.now();
    if (isLost) return { answer: { says: 'lost' }, beganMs, endedMs };
    if (answer.says === 'unavailable') answer.told += ` after ${this.#exchanges.join(', ')}`;
    return { answer, beganMs, endedMs };
  }

  /** Runs a command that is interrupted by Ctrl-C so much later, and waits until what it began is over. */
  async interrupted(args: readonly string[], names: readonly string[], afterMs: number): Promise<Answer> {
    const { exitCode } = await this.host.wadah(args, { interruptAfterMs: afterMs });
    if (exitCode === 0) return { says: 'ok' };
    if (exitCode === exitCodes.usage.status) throw new Error(`Nobody understands wadah ${args.join(' ')}`);
    await eventually(() => this.#requireFree(names)).catch(() => undefined); // the daemon may have died
    return { says: 'lost' };
  }

  close(): void {
    this.client.close();
  }

  async #requireFree(names: readonly string[]): Promise<void> {
    const { running = [] } = await this.client.read('/1.0/operations', { query: { recursion: 1 } });
    for (const operation of running) {
      if (typeof operation === 'string') continue;
      const held = Object.values(operation.resources).flat();
      if (names.some((name) => held.some((path) => path.endsWith(`/${name}`))))
        throw new Error(`"${operation.description}" is still going on`);
    }
  }
}
