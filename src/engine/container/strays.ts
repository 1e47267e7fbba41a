import { readFileSync } from 'node:fs';
import { readProc } from '#host/process/proc.ts';
import { reap } from '#host/sys/processes.ts';

/**
 * Buries children that crun leaves behind. Its helpers become children of the daemon when crun ends, and nobody
 * tells us their pids. One that died inside an instance would keep its init from ending: a pid namespace waits
 * until all of its dead are buried.
 */
export class Strays {
  readonly #groups: RegExp;
  readonly #expected = new Set<number>();
  readonly #busy = new Map<string, number>();
  readonly #bury = (): void => this.#buryAll();

  /** `daemonGroup`: name of the group that holds those of all instances. */
  constructor(daemonGroup: string) {
    this.#groups = new RegExp(`^0::.*/${daemonGroup}/([0-9a-f]{8})(?:/|$)`, 'm');
  }

  open(): void {
    process.on('SIGCHLD', this.#bury);
  }

  close(): void {
    process.off('SIGCHLD', this.#bury);
  }

  /** Somebody waits for that child. To be called in the turn that learns of it. */
  expect(pid: number, ended: Promise<unknown>): void {
    this.#expected.add(pid);
    const forget = (): unknown => this.#expected.delete(pid);
    void ended.then(forget, forget);
  }

  /** While crun works in an instance, its dead are left alone: one may be the very process that was asked for. */
  async whileCrunWorks<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const others = (this.#busy.get(id) ?? 1) - 1;
      if (others > 0) this.#busy.set(id, others);
      else this.#busy.delete(id);
      this.#buryAll();
    }
  }

  #buryAll(): void {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    for (const pid of children.map(Number)) {
      if (pid > 0 && !this.#expected.has(pid) && this.#isStray(pid)) reap(pid);
    }
  }

  #isStray(pid: number): boolean {
    const isDead = /^\d+ \(.*\) Z /s.test(readProc(pid, 'stat') ?? '');
    if (!isDead) return false;
    // On v2 the dead still show the group in which they lived.
    const id = this.#groups.exec(readProc(pid, 'cgroup') ?? '')?.[1];
    return id !== undefined && !this.#busy.has(id);
  }
}
