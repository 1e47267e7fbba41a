import type { Logger } from '#base/logger.ts';
import { isFault } from '#model/fault.ts';
import { PinnedPrograms, type ProgramFamily } from '../bpf/pinned-programs.ts';
import { rebootPrograms } from './programs/programs.gen.ts';

/** A process by its number on the host and field 22 of its /proc/PID/stat. */
export interface NamedProcess {
  pid: number;
  startTime: string;
}

/** What pid 1 of a pid namespace was ended for by reboot(2): as if by one of these signals. */
export type RebootSignal = 'SIGHUP' | 'SIGINT';

const signals = new Map<number, RebootSignal>([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
]);

const family = {
  name: 'reboots',
  layout: 1,
  maps: {
    /** By pid and start time: the number of the signal. Those of other daemons' containers are here too. */
    reboots: { name: 'reboots', type: 'recent', keyBytes: 16, valueBytes: 8, maxEntries: 4096 },
  },
} as const satisfies Omit<ProgramFamily<'reboots'>, 'folder'>;

/**
 * Why the inits of containers end, noted by a program in the kernel: for those that are no children of this daemon. It
 * goes on while no daemon lives.
 */
export class Reboots {
  readonly #folder: string;
  readonly #logger: Logger;
  #pinned: PinnedPrograms<'reboots'> | undefined;

  /** `folder`: where the `bpf` file system is, or will be. */
  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Where the kernel does not take the program, nothing is noted. */
  async open(): Promise<void> {
    try {
      this.#pinned = await PinnedPrograms.open({ folder: this.#folder, ...family });
      this.#pinned.runEverywhere(this.#pinned.load(rebootPrograms));
      await this.#pinned.removeOutdated();
    } catch (error) {
      if (!isFault(error)) throw error;
      this.close();
      this.#logger.debug(
        { err: error },
        'reboots of containers that an earlier daemon started are not noticed',
      );
    }
  }

  /** Noting goes on without this process. */
  close(): void {
    this.#pinned?.close();
    this.#pinned = undefined;
  }

  /** For what a process was ended, if that was noted and has not been driven out by 4096 others since. */
  find({ pid, startTime }: NamedProcess): RebootSignal | undefined {
    const key = Buffer.alloc(family.maps.reboots.keyBytes);
    key.writeBigUInt64LE(BigInt(pid), 0);
    key.writeBigUInt64LE(BigInt(startTime), 8);
    const signal = this.#pinned?.maps.reboots.find(key)?.readBigUInt64LE(0);
    return signals.get(Number(signal));
  }
}
