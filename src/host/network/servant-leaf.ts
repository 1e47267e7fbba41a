import { mkdir } from 'node:fs/promises';
import { settlesWithin } from '#base/wait.ts';
import { read } from '../cgroup/files.ts';
import { GroupFolders } from '../cgroup/group-folders.ts';
import type { GroupState } from '../cgroup/cgroups.ts';
import { killGroup, reaches, stateOf, watchGroup } from '../cgroup/v2-group.ts';
import { readProc } from '../process/proc.ts';
import type { Programs } from '../process/programs.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { reap } from '../sys/processes.ts';

const graceMs = 2_000;

const isEmpty = ({ isPopulated }: GroupState): boolean => !isPopulated;

/**
 * A cgroup v2 folder that is the home of one program which outlives the daemon. Whatever is in it is ours: no
 * pid file can be stale or forged, and the kernel tells when the program has ended, whoever its parent is.
 */
export class ServantLeaf {
  readonly path: string;
  /** What went into the background here: children of this daemon, if it takes in orphans, that Node does not know. */
  readonly #orphans = new Set<number>();

  constructor(folder: string) {
    this.path = folder;
  }

  async make(): Promise<void> {
    await mkdir(this.path, { recursive: true });
  }

  /** Starts a program in it that goes into the background when it is ready. Throws `host` with what it said when it fails. */
  async start(programs: Programs, argv: readonly string[], purpose: string): Promise<void> {
    await programs.run(argv, { leaf: this.path, purpose });
    for (const pid of this.#pids()) this.#orphans.add(pid);
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
        if (systemErrorCode(error) !== 'ESRCH') throw error;
      }
    }
  }

  /** Ends what is in it, after two seconds by force. Throws `timed-out` when something does not go. */
  async empty(): Promise<void> {
    this.signal('SIGTERM');
    if (!(await settlesWithin(reaches(this.path, isEmpty), graceMs))) await killGroup(this.path);
    this.#reap();
  }

  /** Ends what is in it and takes it away. Not there: succeeds. */
  async remove(): Promise<void> {
    await this.empty();
    await new GroupFolders().remove(this.path);
  }

  /** Calls back whenever its last process has ended, at once if it is empty now, until `signal` aborts. */
  onEmpty(listener: () => void, signal: AbortSignal): void {
    const look = (state: GroupState): void => {
      if (signal.aborted || !isEmpty(state)) return;
      this.#reap();
      listener();
    };
    const watching = watchGroup(this.path, look);
    signal.addEventListener('abort', () => watching.stop(), { once: true });
    look(stateOf(this.path));
  }

  #pids(): number[] {
    return (read(this.path, 'cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number);
  }

  /** The kernel says that a group is empty a moment before the last of it can be reaped; the next call gets that. */
  #reap(): void {
    for (const pid of this.#orphans) if (reap(pid) !== 'running') this.#orphans.delete(pid);
  }
}
