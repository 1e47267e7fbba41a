import { closeSync } from 'node:fs';
import { orAborted, sleep } from '#base/wait.ts';
import type { Exit, RunHandle, RunPlan } from '../engine.ts';
import type { CgroupFolders } from '#host/cgroup/cgroups.ts';
import { isAlive, readProc } from '#host/process/proc.ts';
import { systemErrorCode } from '#host/sys/libc.ts';
import { openPidfd, signalPidfd } from '#host/sys/processes.ts';
import type { ConsoleLog } from '../console-log.ts';
import { ExecLeaves } from './exec-leaves.ts';
import type { NotifySocket } from './readiness.ts';
import type { RunFolder } from './run-folder.ts';
import { signalNumber } from './signals.ts';

const earMs = 20;

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
    const over = new AbortController();
    const patience = AbortSignal.any([signal, over.signal]);
    const late = sleep(graceMs, patience);
    const asked = this.#ask(signalNumber(this.plan.init.stopSignal), patience);
    try {
      return await Promise.race([this.exited.then(() => true), late.then(() => false), asked]);
    } finally {
      over.abort();
      await asked.catch(() => {});
    }
  }

  /** Lets go of descriptors and watchers. */
  close(): void {
    this.console.close();
    this.#unwatch?.();
    this.#notify?.close();
  }

  /** The kernel drops a signal that pid 1 does not listen for, and it may have only just begun. Never resolves. */
  async #ask(signal: number, patience: AbortSignal): Promise<never> {
    while (!isListeningFor(this.handle.pid, signal)) await sleep(earMs, patience);
    this.#signalInit(signal);
    return orAborted(new Promise<never>(() => {}), patience);
  }

  /** Reaches this very process and never a later one with its number. One that has ended is no failure. */
  #signalInit(signal: number): void {
    const { pid, startTime } = this.handle;
    const pidfd = findPidfd(pid);
    if (pidfd === undefined) return;
    try {
      if (isAlive(pid, startTime)) signalPidfd(pidfd, signal);
    } finally {
      closeSync(pidfd);
    }
  }
}

function findPidfd(pid: number): number | undefined {
  try {
    return openPidfd(pid);
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * Whether a process has a handler for a signal, blocks it to take it from a queue, or is waiting for what its queue
 * will bring, as busybox's init is most of its life: then the kernel shows as unblocked what it waits for.
 */
function isListeningFor(pid: number, signal: number): boolean {
  if (readProc(pid, 'wchan')?.startsWith('do_sigtimedwait')) return true;
  const masks = (readProc(pid, 'status') ?? '').matchAll(/^Sig(?:Blk|Cgt):\s+(\S+)/gm);
  return [...masks].some(([, mask]) => ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n);
}
