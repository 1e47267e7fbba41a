import { existsSync, readFileSync, watch } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '#base/wait.ts';
import { Fault } from '#model/fault.ts';
import { readProc } from '../process/proc.ts';
import { reap } from '../sys/processes.ts';

const graceMs = 2_000;
const deadlineMs = 5_000;
const stepMs = 5;

/**
 * A cgroup v2 folder that is the home of one program which outlives the daemon. Whatever is in it is ours:
 * no pid file can be stale or forged, and the kernel tells when the program has ended, whoever its parent is.
 */
export class ServantLeaf {
  readonly path: string;

  constructor(folder: string) {
    this.path = folder;
  }

  async make(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  /** The words with which each process in it was started. */
  commandLines(): string[][] {
    return this.#pids().map((pid) => readProc(pid, 'cmdline')?.split('\0') ?? []);
  }

  /** Nothing there: succeeds. */
  signal(name: NodeJS.Signals): void {
    for (const pid of this.#pids()) {
      try {
        process.kill(pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** Ends what is in it, politely for two seconds. Throws `timed-out` when something does not go. */
  async empty(): Promise<void> {
    const pids = this.#pids();
    this.signal('SIGTERM');
    for (let waitedMs = 0; this.#pids().length > 0; waitedMs += stepMs) {
      if (waitedMs >= graceMs) this.signal('SIGKILL');
      if (waitedMs >= deadlineMs) throw new Fault('timed-out', `Cannot end the programs in ${this.path}`);
      await sleep(stepMs);
    }
    // It went into the background, so it is the daemon's child, if anybody's here, but none that Node knows.
    for (const pid of pids) reap(pid);
  }

  /** Ends what is in it and takes it away. Not there: succeeds. */
  async remove(): Promise<void> {
    if (!existsSync(this.path)) return;
    await this.empty();
    await rmdir(this.path);
  }

  /** Calls back whenever its last process has ended, at once if it is empty now, until `signal` aborts. */
  onEmpty(listener: () => void, signal: AbortSignal): void {
    const events = path.join(this.path, 'cgroup.events');
    const look = (): void => {
      if (!signal.aborted && readFileSync(events, 'utf8').includes('populated 0')) listener();
    };
    watch(events, { signal, persistent: false }, look);
    look();
  }

  #pids(): number[] {
    const file = path.join(this.path, 'cgroup.procs');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  }
}
