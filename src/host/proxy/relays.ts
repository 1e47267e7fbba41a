import { KeyedLock } from '#base/keyed-lock.ts';
import type { Logger } from '#base/logger.ts';
import { sleep } from '#base/wait.ts';
import type { Forward } from '#model/device.ts';
import { asFault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import { RestartPauses } from '../process/restart-pauses.ts';
import type { RunningGuest } from './protocol.ts';
import type { ProxyProgram } from './proxy-program.ts';

interface Wanted {
  guest: RunningGuest;
  forwards: readonly Forward[];
}

/** What the proxy program is to do. It runs while there is something, and is started again when it dies. */
export class Relays {
  readonly #program: ProxyProgram;
  readonly #logger: Logger;
  readonly #lock = new KeyedLock();
  readonly #wanted = new Map<InstanceId, Wanted>();
  /** Whom the program served when it was taken over, until the daemon knows better. */
  #found = new Set<InstanceId>();
  #closing = new AbortController();
  readonly #pauses = new RestartPauses();

  constructor(program: ProxyProgram, logger: Logger) {
    this.#program = program;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    this.#closing = new AbortController();
    await this.#program.open();
    if (this.#program.isRunning) await this.#takeOver();
    const { signal } = this.#closing;
    this.#program.onEnd(() => void this.#heal(signal), signal);
  }

  close(): void {
    this.#closing.abort();
  }

  async remove(): Promise<void> {
    this.close();
    await this.#program.remove();
  }

  /** These for that guest, or after a refusal what was before. Throws what the program refuses. */
  async serve(guest: RunningGuest, forwards: readonly Forward[]): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#program.isRunning) await this.#restore();
      try {
        await this.#program.ask({ do: 'serve', guest, forwards });
      } catch (error) {
        await this.#endIdle();
        throw error;
      }
      this.#found.delete(guest.id);
      this.#wanted.set(guest.id, { guest, forwards });
    });
  }

  /** Not served: succeeds. */
  async forget(id: InstanceId): Promise<void> {
    await this.#inTurn(async () => {
      const isServed = [this.#wanted.delete(id), this.#found.delete(id)].includes(true);
      if (!isServed || !this.#program.isRunning) return;
      const isAnswered = await this.#tries(() => this.#program.ask({ do: 'forget', id }));
      if (isAnswered) await this.#endIdle();
      else await this.#program.end(); // and it is started again for the others
    });
  }

  readonly #inTurn = (work: () => Promise<void>): Promise<void> => this.#lock.run('program', work);

  async #takeOver(): Promise<void> {
    const isAnswered = await this.#tries(async () => {
      this.#found = new Set((await this.#program.ask({ do: 'list' })).ids);
    });
    if (isAnswered) await this.#endIdle();
    else await this.#program.end();
  }

  async #endIdle(): Promise<void> {
    if (this.#wanted.size + this.#found.size === 0) await this.#program.end();
  }

  /** One that keeps dying is started ever more rarely. */
  async #heal(signal: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      if (signal.aborted || this.#program.isRunning || this.#wanted.size === 0) return;
      this.#pauses.died();
      const pauseMs = this.#pauses.next();
      this.#logger.warn({ pauseMs }, 'the proxy has died and is started again');
      await sleep(pauseMs);
      await this.#restore();
      this.#pauses.started();
    });
  }

  /** Whom another has taken the address of meanwhile, or who has ended, holds up nobody. */
  async #restore(): Promise<void> {
    const starts = await this.#tries(() => this.#program.ask({ do: 'list' }));
    if (!starts) return;
    for (const wanted of this.#wanted.values()) {
      await this.#tries(() => this.#program.ask({ do: 'serve', ...wanted }));
    }
  }

  async #tries(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#logger.error({ fault: asFault(error).message }, 'the proxy does not do what it should');
      return false;
    }
  }
}
