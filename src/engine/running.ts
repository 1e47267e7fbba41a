import type { EngineEvent, Exit, RunHandle, RunPlan } from './engine.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { isAlive } from '#host/process/proc.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';

/** One run of an instance, as this daemon knows it. */
export interface Run {
  readonly plan: RunPlan;
  readonly handle: RunHandle;
  readonly exited: Promise<Exit>;
  /** A stop is under way, and it reports the exit itself. */
  isStopping: boolean;
  /** How often the kernel killed inside for lack of memory, as far as was told. */
  outOfMemoryKills: number;
  /** Lets go of what follows it. It goes on. */
  close(): void;
}

const longestGraceMs = 2 ** 31 - 1; // what a timer can wait

/** What runs under an engine, and what is told of it. */
export class Running<R extends Run> {
  readonly #cgroups: Pick<Cgroups, 'killAll' | 'usage'>;
  readonly #runs = new Map<InstanceId, R>();
  #tell: (event: EngineEvent) => void = () => {};

  constructor(cgroups: Pick<Cgroups, 'killAll' | 'usage'>) {
    this.#cgroups = cgroups;
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#tell = listener;
  }

  all(): IterableIterator<R> {
    return this.#runs.values();
  }

  find(id: InstanceId): R | undefined {
    return this.#runs.get(id);
  }

  /** Throws `wrong-state`. */
  get(id: InstanceId): R {
    const run = this.find(id);
    if (!run) throw new Fault('wrong-state', `Instance ${id} does not run`);
    return run;
  }

  /** What `work` does with one that runs. Throws `wrong-state` when it does not, or has just ended. */
  async use<T>(id: InstanceId, work: (run: R) => Promise<T>): Promise<T> {
    const run = this.get(id);
    try {
      return await work(run);
    } catch (error) {
      if (isAlive(run.handle.pid, run.handle.startTime)) throw error;
      throw new Fault('wrong-state', `"${run.plan.name}" has ended by itself`, { cause: error });
    }
  }

  /** Follows one that runs from now on to its end. */
  add(run: R): void {
    this.#runs.set(run.plan.id, run);
    void run.exited.then((exit) => this.#ended(run, exit));
  }

  /** Nothing is told of it any more. */
  forget(id: InstanceId): void {
    this.find(id)?.close();
    this.#runs.delete(id);
  }

  /** `asks`: asks it to power off and waits so long; whether it then has ended. Otherwise it is killed. */
  async stop(
    id: InstanceId,
    graceMs: number,
    asks: (run: R, graceMs: number) => Promise<boolean>,
  ): Promise<Exit> {
    const run = this.find(id);
    if (!run) return { reason: 'unknown', detail: 'It did not run' };
    run.isStopping = true;
    try {
      if (graceMs > 0 && (await asks(run, Math.min(graceMs, longestGraceMs)))) return await run.exited;
      await this.#cgroups.killAll(id);
      await run.exited;
      return { reason: 'killed', detail: 'It was killed' };
    } catch (error) {
      run.isStopping = false;
      // It ended after all, just when nobody wanted to wait any longer.
      if (!this.#isRunning(run)) this.#tellExit(run, await run.exited);
      throw error;
    }
  }

  tellReady(run: R): void {
    if (this.#isRunning(run)) this.#tell({ kind: 'ready', id: run.plan.id });
  }

  /** `kills`: how often the kernel has killed inside for lack of memory since the start. */
  noticeKills(run: R, kills: number): void {
    if (kills <= run.outOfMemoryKills) return;
    this.#tell({ kind: 'out-of-memory', id: run.plan.id, kills: kills - run.outOfMemoryKills });
    run.outOfMemoryKills = kills;
  }

  close(): void {
    for (const run of this.all()) run.close();
    this.#runs.clear();
  }

  #isRunning(run: R): boolean {
    return this.find(run.plan.id) === run;
  }

  #ended(run: R, exit: Exit): void {
    if (!this.#isRunning(run)) return; // forgotten meanwhile
    const { id } = run.plan;
    this.noticeKills(run, this.#cgroups.usage(id)?.outOfMemoryKills ?? 0);
    this.forget(id);
    if (!run.isStopping) this.#tellExit(run, exit);
  }

  #tellExit({ plan, handle }: R, exit: Exit): void {
    this.#tell({ kind: 'exited', id: plan.id, pid: handle.pid, exit });
  }
}
