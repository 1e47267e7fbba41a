import type { Logger } from '#base/logger.ts';
import type { CounterAbility } from '#model/counter.ts';
import { Fault, isFault } from '#model/fault.ts';
import { abilitiesOf } from './abilities.ts';
import type {
  Beancounter,
  BeancounterLimits,
  BeancounterReading,
  Beancounters,
  CountedPlace,
} from './beancounters.ts';
import { readProcCounts } from './proc-counts.ts';
import { SocketAccounts } from './socket-accounts.ts';

/** Sockets by programs in the kernel, where it takes them; everything else as /proc tells it. */
export class HostBeancounters implements Beancounters {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #openSockets: (folder: string) => Promise<SocketAccounts>;
  #sockets: SocketAccounts | undefined;
  #refusal: Fault | undefined;

  /** `folder`: where the names of maps and programs are. */
  constructor(folder: string, logger: Logger, openSockets = SocketAccounts.open) {
    this.#folder = folder;
    this.#logger = logger;
    this.#openSockets = openSockets;
  }

  async open(): Promise<void> {
    try {
      this.#sockets = await this.#openSockets(this.#folder);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#refusal = error;
      this.#logger.warn({ err: error }, 'sockets of instances are neither counted nor limited');
    }
  }

  close(): void {
    this.#sockets?.close();
    this.#sockets = undefined;
  }

  abilities(): Record<Beancounter, CounterAbility> {
    return abilitiesOf(this.#refusal);
  }

  /** An instance whose sockets cannot be counted runs all the same. */
  follow(group: string): void {
    try {
      this.#sockets?.follow(group);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#logger.warn({ err: error, group }, 'sockets of an instance are neither counted nor limited');
    }
  }

  setLimits(group: string, limits: BeancounterLimits): void {
    if (this.#sockets) return this.#sockets.setLimits(group, limits);
    const wanted = Object.keys(limits);
    if (wanted.length === 0) return;
    throw new Fault('unsupported', `This host cannot limit ${wanted.join(' and ')}`, {
      hint: `Why: ${this.#refusal?.message}. Unset ${wanted.map((name) => `limits.${name}`).join(' and ')}.`,
      cause: this.#refusal,
    });
  }

  readCounted(group: string): BeancounterReading {
    return this.#sockets?.read(group) ?? {};
  }

  readListed(place: CountedPlace): BeancounterReading {
    return readProcCounts(place);
  }

  forget(group: string): void {
    this.#sockets?.forget(group);
  }
}
