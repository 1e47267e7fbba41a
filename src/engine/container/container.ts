import { closeSync } from 'node:fs';
import { sleep } from '#base/wait.ts';
import type { Exit, RunHandle, RunPlan } from '../engine.ts';
import type { CgroupFolders } from '#host/cgroup/cgroups.ts';
import { isAlive } from '#host/process/proc.ts';
import { openPidfd, signalPidfd } from '#host/sys/processes.ts';
import type { ConsoleLog } from './console-log.ts';
import { ExecLeaves } from './exec-leaves.ts';
import type { NotifySocket } from './readiness.ts';
import type { RunFolder } from './run-folder.ts';
import { signalNumber } from './signals.ts';

export interface ContainerParts {
  plan: RunPlan;
  handle: RunHandle;
  folder: RunFolder;
  groups: CgroupFolders;
  console: ConsoleLog;
  /** Where its init is going to tell that it is ready; absent when it has, and for inits that do not. */
  notify: NotifySocket | undefined;
  /** Settles when its init has ended. */
  exited: Promise<Exit>;
  /** Present when an earlier daemon has started it: ends the watch by which `exited` is known. */
  unwatch?: () => void;
}

/** A container whose init runs, as this daemon knows it. */
export class Container {
  /** Changes with `update`. */
  plan: RunPlan;
  readonly handle: RunHandle;
  readonly folder: RunFolder;
  readonly groups: CgroupFolders;
  readonly console: ConsoleLog;
  readonly leaves: ExecLeaves;
  readonly exited: Promise<Exit>;
  /** A stop is under way, and it reports the exit itself. */
  isStopping = false;
  /** How often the kernel killed inside for lack of memory, as far as was told. */
  outOfMemoryKills = 0;
  readonly #notify: NotifySocket | undefined;
  readonly #unwatch: (() => void) | undefined;

  constructor({ plan, handle, folder, groups, console, notify, exited, unwatch }: ContainerParts) {
    this.plan = plan;
    this.handle = handle;
    this.folder = folder;
    this.groups = groups;
    this.console = console;
    this.leaves = new ExecLeaves(groups.payload);
    this.exited = exited;
    this.#notify = notify;
    this.#unwatch = unwatch;
    console.open();
  }

  /** Calls `tellReady` when its init says so, if it is one that speaks. */
  listen(tellReady: () => void): void {
    this.#notify?.listen(this.handle.pid, tellReady);
  }

  /** Asks it to power off. False when it still runs after `graceMs`. */
  async powersOff(graceMs: number, signal: AbortSignal): Promise<boolean> {
    this.#signalInit(signalNumber(this.plan.init.stopSignal));
    const over = new AbortController();
    const late = sleep(graceMs, AbortSignal.any([signal, over.signal]));
    try {
      return await Promise.race([this.exited.then(() => true), late.then(() => false)]);
    } finally {
      over.abort();
    }
  }

  /** Lets go of descriptors and watchers. */
  close(): void {
    this.console.close();
    this.#unwatch?.();
    this.#notify?.close();
  }

  /** Reaches this very process and never a later one with its number. */
  #signalInit(signal: number): void {
    const { pid, startTime } = this.handle;
    if (!isAlive(pid, startTime)) return;
    const pidfd = openPidfd(pid);
    try {
      if (isAlive(pid, startTime)) signalPidfd(pidfd, signal);
    } finally {
      closeSync(pidfd);
    }
  }
}
