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
  #sockets: SocketAccounts | undefined;
  #refusal: Fault | undefined;

  /** `folder`: where the names of maps and programs are. */
  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  async open(): Promise<void> {
    try {
      this.#sockets = await SocketAccounts.open(this.#folder);
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

  follow(group: string): void {
    this.#sockets?.follow(group);
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
