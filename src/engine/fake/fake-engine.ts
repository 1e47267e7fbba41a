import { Fault } from '#model/fault.ts';
import type { InstanceId, InstanceType } from '#model/instance.ts';
import type {
  Engine,
  EngineEvent,
  ExecRequest,
  ExecSession,
  Exit,
  RunHandle,
  RunPlan,
  RunStatus,
  Usage,
} from '../engine.ts';
import type { CountAbilities, RunCounters } from '../run-counters.ts';
import { fakeExec } from './fake-exec.ts';

interface FakeRun {
  plan: RunPlan;
  handle: RunHandle;
  isPaused: boolean;
}

/** An engine in memory. Tests end its runs, make its next step fail, and look at what it was told. */
export class FakeEngine implements Engine {
  readonly type: InstanceType;
  readonly runs = new Map<InstanceId, FakeRun>();
  /** What remains of runs until `destroy`. */
  readonly remains = new Set<InstanceId>();
  /** What is counted of the runs that remain, as tests say. */
  readonly counted = new Map<InstanceId, RunCounters['counters']>();
  readonly #failures = new Map<string, Fault>();
  readonly #listeners: ((event: EngineEvent) => void)[] = [];
  #nextPid = 1000;

  constructor(type: InstanceType = 'container') {
    this.type = type;
  }

  /** The engine of the daemon that comes after this one; instances go on running. */
  successor(): FakeEngine {
    const next = new FakeEngine(this.type);
    for (const [id, run] of this.runs) next.runs.set(id, run);
    for (const id of this.remains) next.remains.add(id);
    return next;
  }

  /** The next call of `method` throws. */
  failNext(method: string, fault = new Fault('host', `${method} failed`)): void {
    this.#failures.set(method, fault);
  }

  /** Its init ends by itself. */
  end(id: InstanceId, reason: Exit['reason']): void {
    const pid = this.#run(id).handle.pid;
    this.runs.delete(id);
    this.#emit({ kind: 'exited', id, pid, exit: { reason, detail: reason } });
  }

  /** Its init says that it is ready, as one that notifies does; others are at once. */
  becomeReady(id: InstanceId): void {
    if (this.runs.has(id)) this.#emit({ kind: 'ready', id });
  }

  async version(): Promise<string> {
    return 'fake 1.0';
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async remove(): Promise<void> {}

  async start(plan: RunPlan, signal: AbortSignal): Promise<RunHandle> {
    signal.throwIfAborted();
    if (this.runs.has(plan.id)) throw new Fault('wrong-state', `"${plan.name}" runs already`);
    this.remains.add(plan.id);
    this.#fail('start');
    const pid = this.#nextPid++;
    const handle = { bootId: 'fake-boot', pid, startTime: String(pid) };
    this.runs.set(plan.id, { plan, handle, isPaused: false });
    if (!plan.init.notifiesReady) setImmediate(() => this.becomeReady(plan.id));
    return handle;
  }

  async stop(id: InstanceId, graceMs: number, signal: AbortSignal): Promise<Exit> {
    signal.throwIfAborted();
    this.#fail('stop');
    const wasRunning = this.runs.delete(id);
    if (!wasRunning) return { reason: 'unknown', detail: 'it did not run' };
    return graceMs === 0 ? { reason: 'killed', detail: 'killed' } : { reason: 'power-off', detail: 'asked' };
  }

  async recover(plan: RunPlan, handle: RunHandle): Promise<RunStatus> {
    const run = this.runs.get(plan.id);
    if (run?.handle.pid !== handle.pid || run.handle.bootId !== handle.bootId) return { state: 'gone' };
    return { state: run.isPaused ? 'paused' : 'running' };
  }

  async destroy(id: InstanceId): Promise<void> {
    this.#fail('destroy');
    this.runs.delete(id);
    this.remains.delete(id);
  }

  async update(plan: RunPlan, _: { isForced: boolean }, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#fail('update');
    this.#run(plan.id).plan = plan;
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#listeners.push(listener);
  }

  async pause(id: InstanceId): Promise<void> {
    this.#fail('pause');
    this.#run(id).isPaused = true;
  }

  async resume(id: InstanceId): Promise<void> {
    this.#fail('resume');
    this.#run(id).isPaused = false;
  }

  async exec(id: InstanceId, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    signal.throwIfAborted();
    this.#run(id);
    return fakeExec(request, signal);
  }

  async console(
    id: InstanceId,
    size: { columns: number; rows: number },
    signal: AbortSignal,
  ): Promise<ExecSession> {
    const request = {
      command: ['login'],
      environment: {},
      user: 0,
      group: 0,
      cwd: undefined,
      terminal: size,
    };
    return this.exec(id, request, signal);
  }

  async consoleLog(id: InstanceId): Promise<string> {
    this.#run(id);
    return '';
  }

  async clearConsoleLog(id: InstanceId): Promise<void> {
    this.#run(id);
  }

  async usage(id: InstanceId): Promise<Usage | undefined> {
    const run = this.runs.get(id);
    if (!run) return undefined;
    const { pid } = run.handle;
    return {
      cpuNanoseconds: 0n,
      memoryBytes: 0,
      memoryPeakBytes: 0,
      swapBytes: 0,
      processes: 1,
      pid,
      network: {},
    };
  }

  countAbilities(): CountAbilities {
    return { processes: { ability: 'limited', reason: 'by a controller' } };
  }

  async counters(id: InstanceId): Promise<RunCounters | undefined> {
    if (!this.remains.has(id)) return undefined;
    const none = { someMicroseconds: 0, fullMicroseconds: 0 };
    return {
      counters: this.counted.get(id) ?? {},
      processorTime: { userMicroseconds: 0, systemMicroseconds: 0 },
      throttling: { periods: 0, microseconds: 0 },
      pressure: { cpu: none, memory: none, io: none },
      memoryUse: () => ({}),
      processors: 1,
      io: {},
    };
  }

  #run(id: InstanceId): FakeRun {
    const run = this.runs.get(id);
    if (!run) throw new Fault('wrong-state', `Instance ${id} does not run`);
    return run;
  }

  #fail(method: string): void {
    const fault = this.#failures.get(method);
    this.#failures.delete(method);
    if (fault) throw fault;
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
