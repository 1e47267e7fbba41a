import type { Logger } from '#base/logger.ts';
import type { CounterAbility } from '#model/counter.ts';
import { Fault, isFault } from '#model/fault.ts';
import { abilitiesOf, type ProgramRefusals } from './abilities.ts';
import type {
  Beancounter,
  BeancounterLimits,
  BeancounterReading,
  Beancounters,
  CountedPlace,
  LimitedBeancounter,
} from './beancounters.ts';
import { readProcCounts } from './proc-counts.ts';
import { ProgramAccounts } from './program-accounts.ts';

/** What programs in the kernel count, where it takes them; everything else as /proc tells it. */
export class HostBeancounters implements Beancounters {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #openPrograms: (folder: string) => Promise<ProgramAccounts>;
  #programs: ProgramAccounts | undefined;
  #refusals: ProgramRefusals = {};

  /** `folder`: where the names of maps and programs are. */
  constructor(folder: string, logger: Logger, openPrograms = ProgramAccounts.open) {
    this.#folder = folder;
    this.#logger = logger;
    this.#openPrograms = openPrograms;
  }

  async open(): Promise<void> {
    try {
      this.#programs = await this.#openPrograms(this.#folder);
      this.#refusals = { security: this.#programs.securityRefusal };
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#refusals = { all: error };
    }
    this.#tellRefusal();
  }

  close(): void {
    this.#programs?.close();
    this.#programs = undefined;
  }

  abilities(): Record<Beancounter, CounterAbility> {
    return abilitiesOf(this.#refusals);
  }

  /** An instance that cannot be counted runs all the same. */
  follow(group: string): void {
    try {
      this.#programs?.follow(group);
    } catch (error) {
      if (!isFault(error)) throw error;
      this.#logger.warn({ err: error, group }, 'not all that an instance holds is counted and limited');
    }
  }

  setLimits(group: string, limits: BeancounterLimits): void {
    const abilities = this.abilities();
    const wanted = Object.keys(limits) as LimitedBeancounter[];
    const impossible = wanted.filter((name) => abilities[name].ability !== 'limited');
    if (impossible.length > 0) throw this.#cannotLimit(impossible);
    this.#programs?.setLimits(group, limits);
  }

  readCounted(group: string): BeancounterReading {
    return this.#programs?.read(group) ?? {};
  }

  readListed(place: CountedPlace): BeancounterReading {
    return readProcCounts(place);
  }

  forget(group: string): void {
    this.#programs?.forget(group);
  }

  #tellRefusal(): void {
    const { all, security } = this.#refusals;
    if (all) this.#logger.warn({ err: all }, 'sockets of instances are neither counted nor limited');
    else if (security) {
      const { message, hint } = security;
      this.#logger.info({ hint }, `files, unix sockets and terminals are counted, not limited: ${message}`);
    }
  }

  #cannotLimit(names: readonly LimitedBeancounter[]): Fault {
    const refusal = this.#refusals.all ?? this.#refusals.security;
    const keys = names.map((name) => `limits.${name}`).join(' and ');
    const remedy = [refusal?.hint, `Or unset ${keys}.`].filter(Boolean).join(' ');
    return new Fault('unsupported', `This host cannot limit ${names.join(' and ')}: ${refusal?.message}`, {
      hint: remedy,
      cause: refusal,
    });
  }
}
