import { rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '#base/clock.ts';
import type { Logger } from '#base/logger.ts';
import { Fault } from '#model/fault.ts';
import { databaseFile, makeFolder, sync } from './embedded/database-folder.ts';
import type { EmbeddedStore } from './embedded/embedded-store.ts';
import { planThinning } from './plan-thinning.ts';
import {
  listSnapshots,
  removeSnapshot,
  snapshotName,
  snapshotsFolder,
  storeFolder,
  storeNames,
  type StoreName,
} from './snapshot-files.ts';

const intervalMs = 10 * 60_000;
/** A snapshot never takes the last room of a disk. */
const leftoverBytes = 64 * 2 ** 20;

export interface SnapshotsOptions {
  stateDir: string;
  stores: Record<StoreName, EmbeddedStore>;
  clock?: Clock;
}

/** Copies both stores of a running daemon again and again, so that a damaged one can be put back. */
export class Snapshots {
  readonly #stateDir: string;
  readonly #stores: Record<StoreName, EmbeddedStore>;
  readonly #clock: Clock;
  #isOpen = false;
  #callOff: (() => void) | undefined;
  #taking: Promise<unknown> = Promise.resolve();
  /** Revisions that the newest snapshot of this process has. */
  #taken = '';

  constructor({ stateDir, stores, clock = systemClock }: SnapshotsOptions) {
    this.#stateDir = stateDir;
    this.#stores = stores;
    this.#clock = clock;
  }

  /**
   * Takes one now, unless there is one of the last minutes (a daemon that cannot stay up must not push out what it
   * had when it could), and from then on whenever there is something new, every ten minutes.
   */
  open(logger: Logger): void {
    this.#isOpen = true;
    this.#run(async () => ((await this.#isRecent()) ? undefined : this.take()), logger);
  }

  /** Waits for the one that is being taken. To be called before the stores are closed. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#callOff?.();
    await this.#taking;
  }

  /**
   * Its name; `undefined` when nothing has changed since the last one. Throws `insufficient` when the disk is too
   * full, `host` when it refuses. One at a time.
   */
  async take(): Promise<string | undefined> {
    const revisions = await this.#revisions();
    if (revisions === this.#taken) return undefined;
    const before = await listSnapshots(this.#stateDir);
    const name = snapshotName((before[0]?.number ?? 0) + 1, this.#clock.now());
    await this.#copy(name);
    this.#taken = revisions;
    for (const old of planThinning(await listSnapshots(this.#stateDir))) {
      await removeSnapshot(this.#stateDir, old);
    }
    return name;
  }

  #run(work: () => Promise<unknown>, logger: Logger): void {
    this.#taking = work()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not take a snapshot of the stores'))
      .then(() => {
        if (this.#isOpen)
          this.#callOff = this.#clock.after(intervalMs, () => this.#run(() => this.take(), logger));
      });
  }

  async #isRecent(): Promise<boolean> {
    const [newest] = await listSnapshots(this.#stateDir);
    const ageMs = this.#clock.now() - (newest?.takenAt ?? 0);
    return ageMs >= 0 && ageMs < intervalMs;
  }

  async #revisions(): Promise<string> {
    const { shared, node } = this.#stores;
    return `${await shared.revision()} ${await node.revision()}`;
  }

  /** Under another name until it is whole. */
  async #copy(name: string): Promise<void> {
    const folder = snapshotsFolder(this.#stateDir);
    const draft = join(folder, '.taking');
    await rm(draft, { recursive: true, force: true });
    await makeFolder(folder);
    await this.#requireRoom(folder);
    await makeFolder(draft);
    try {
      for (const store of storeNames) await this.#stores[store].copyTo(join(draft, `${store}.mdb`));
      await sync(draft);
      await rename(draft, join(folder, name));
      await sync(folder);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      throw error;
    }
  }

  async #requireRoom(folder: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder);
    const files = storeNames.map((store) => stat(databaseFile(storeFolder(this.#stateDir, store))));
    const neededBytes = (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
    if (bavail * bsize >= neededBytes + leftoverBytes) return;
    throw new Fault('insufficient', `No snapshot of the stores: the disk with "${folder}" is nearly full`, {
      hint: 'Delete what is not needed on this file system.',
    });
  }
}
