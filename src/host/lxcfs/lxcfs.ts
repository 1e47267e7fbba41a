import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#base/logger.ts';
import { sleep } from '#base/wait.ts';
import { asFault, Fault } from '#model/fault.ts';
import { GroupFolders } from '../cgroup/group-folders.ts';
import { killGroup, stateOf, watchGroup } from '../cgroup/v2-group.ts';
import type { GuestPaths } from '../guest-paths/guest-paths.ts';
import { readMounts } from '../mount/mountinfo.ts';
import { unmountBelow } from '../mount/unmount-below.ts';
import type { Programs } from '../process/programs.ts';
import { RestartPauses } from '../process/restart-pauses.ts';
import { rebindFiles } from './rebind.ts';

export interface LxcfsOptions {
  programs: Programs;
  guestPaths: GuestPaths;
  /** Runtime folder of the daemon; it is mounted below. */
  run: string;
  /** The daemon's own v2 group; lxcfs has a leaf in it. */
  root: string;
  logger: Logger;
}

/** What lxcfs stands in for, so that a container sees its own limits where programs look for the machine's. */
const standIns = [
  ...['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime'].map(
    (n) => `/proc/${n}`,
  ),
  '/sys/devices/system/cpu',
];

const mountDeadlineMs = 5_000;
const mountStepMs = 2;

/**
 * One lxcfs for all containers of this daemon. It outlives the daemon: whatever lives in its leaf is it.
 *
 *     stopped ──open──▶ running ──dies──▶ (pause) ──▶ running, and `onRestart` is told
 */
export class Lxcfs {
  readonly #programs: Programs;
  readonly #guestPaths: GuestPaths;
  readonly #logger: Logger;
  readonly #groups = new GroupFolders();
  readonly #leaf: string;
  readonly #mountPoint: string;
  readonly #pidFile: string;
  #watching: { stop(): void } | undefined;
  readonly #pauses = new RestartPauses();
  #isHealing = false;
  #onRestart = (): void => {};

  constructor({ programs, guestPaths, run, root, logger }: LxcfsOptions) {
    this.#programs = programs;
    this.#guestPaths = guestPaths;
    this.#logger = logger;
    this.#leaf = join(root, 'lxcfs');
    this.#mountPoint = join(run, 'lxcfs');
    this.#pidFile = join(run, 'lxcfs.pid');
  }

  /** Takes over the one that runs, or starts one. Throws `unsupported` where it is not installed. */
  async open(): Promise<void> {
    await this.#groups.make(this.#leaf);
    if (!this.#isServing()) await this.#start();
    this.#watching = watchGroup(this.#leaf, ({ isPopulated }) => {
      if (!isPopulated) void this.#heal();
    });
    if (!stateOf(this.#leaf).isPopulated) await this.#heal(); // it died before we watched
  }

  /** Lets go of it. It goes on serving. */
  close(): void {
    this.#watching?.stop();
    this.#watching = undefined;
  }

  /** Ends it and takes away what it mounted. Nothing there: succeeds. */
  async remove(): Promise<void> {
    this.close();
    await killGroup(this.#leaf);
    await unmountBelow(this.#mountPoint);
    await this.#groups.remove(this.#leaf);
    await rm(this.#mountPoint, { recursive: true, force: true });
    await rm(this.#pidFile, { force: true });
  }

  /** Files and folders to bind into a container, by the path that they stand in for; none while it does not run. */
  files(): Record<string, string> {
    if (!this.#isServing()) return {};
    const sources = standIns.map((path) => [path, join(this.#mountPoint, path)] as const);
    return Object.fromEntries(sources.filter(([, source]) => existsSync(source)));
  }

  /** Told when it had died and serves again: containers that run must be given its files again. */
  onRestart(listener: () => void): void {
    this.#onRestart = listener;
  }

  /** Puts its files over the dead ones in a running container. `pid`: any process in there. Throws `host`, `timed-out`. */
  async rebind(pid: number): Promise<void> {
    await rebindFiles(this.#guestPaths, pid, this.files());
  }

  #isServing(): boolean {
    return stateOf(this.#leaf).isPopulated && this.#isMounted();
  }

  #isMounted(): boolean {
    return readMounts().some(({ target, type }) => target === this.#mountPoint && type === 'fuse.lxcfs');
  }

  async #start(): Promise<void> {
    await killGroup(this.#leaf);
    await unmountBelow(this.#mountPoint);
    await mkdir(this.#mountPoint, { recursive: true });
    const argv = ['lxcfs', '-f', '-l', '--enable-cfs', '-p', this.#pidFile, this.#mountPoint];
    const { exited } = await this.#programs.spawn(argv, { leaf: this.#leaf });
    let hasEnded = false;
    void exited.then(() => {
      hasEnded = true;
    });
    for (let waitedMs = 0; !this.#isMounted(); waitedMs += mountStepMs) {
      if (hasEnded || waitedMs > mountDeadlineMs) {
        await killGroup(this.#leaf);
        throw doesNotStart(this.#mountPoint);
      }
      await sleep(mountStepMs);
    }
    this.#pauses.started();
  }

  /** One that keeps dying is started ever more rarely. */
  async #heal(): Promise<void> {
    if (this.#isHealing) return;
    this.#isHealing = true;
    this.#pauses.died();
    while (this.#watching && !this.#isServing()) await this.#startAgain();
    this.#isHealing = false;
  }

  async #startAgain(): Promise<void> {
    const pauseMs = this.#pauses.next();
    this.#logger.warn({ pauseMs }, 'lxcfs has died and is started again');
    await sleep(pauseMs);
    try {
      await this.#start();
      this.#onRestart();
    } catch (error) {
      this.#logger.error({ fault: asFault(error).message }, 'lxcfs cannot be started again');
    }
  }
}

function doesNotStart(mountPoint: string): Fault {
  return new Fault('host', `lxcfs does not start: nothing was mounted at ${mountPoint}`, {
    hint: 'It needs /dev/fuse; see what "lxcfs -f FOLDER" says.',
  });
}
