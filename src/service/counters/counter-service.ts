import { totalmem } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { KeyedLock } from '#base/keyed-lock.ts';
import type { Logger } from '#base/logger.ts';
import type { Engine } from '#engine/engine.ts';
import type { Pool } from '#host/storage/pool.ts';
import type { Instance, InstanceId, InstanceType } from '#model/instance.ts';
import type { Store } from '#store/store.ts';
import type { Events } from '../events/events.ts';
import type { InstanceRecords } from '../instances/records.ts';
import type { Runtimes } from '../instances/runtimes.ts';
import type { CountersView, InstanceCounters } from './counters.ts';
import { flatten, flowsOf, unflatten } from './flows.ts';
import { emptyTally, notice, type Rise, shown, type Tally, totalFlows } from './tally.ts';

export interface CounterDeps {
  nodeStore: Store;
  records: Pick<InstanceRecords, 'get' | 'list'>;
  runtimes: Pick<Runtimes, 'get'>;
  engines: ReadonlyMap<InstanceType, Pick<Engine, 'counters' | 'countAbilities' | 'usage'>>;
  pool: Pick<Pool, 'rootUsage'>;
  events: Events;
  logger: Logger;
}

const lookEveryMs = 10_000;
const ownMemory = (limit = Infinity): number => Math.min(limit, totalmem());
const keyOf = (id: InstanceId): string => `counters/${id}`;

/**
 * The kernel counts a run; what runs come to together is kept here. Everything that is refused is told as the event
 * `instance-refused`, when somebody asks for the counters or within ten seconds.
 */
export class CounterService implements InstanceCounters {
  readonly #deps: CounterDeps;
  /** One after the other for each instance: what is read, counted and stored belongs together. */
  readonly #turns = new KeyedLock();
  /** As it is now, and as the store has it. */
  readonly #tallies = new Map<InstanceId, { newest: Tally; stored: Tally }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: CounterDeps) {
    this.#deps = deps;
  }

  /** Looks every ten seconds from now on. */
  open(project: string): void {
    this.#timer = setInterval(() => {
      this.look(project).catch((error: unknown) =>
        this.#deps.logger.error({ err: error }, 'could not look after the counters'),
      );
    }, lookEveryMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Takes in what all instances that run have come to, and tells what was refused. */
  async look(project: string): Promise<void> {
    for (const instance of await this.#running(project)) await this.#take(instance);
  }

  async get(project: string, name: string): Promise<CountersView> {
    return this.#view((await this.#deps.records.get(project, name)).value, true);
  }

  async running(project: string): Promise<(readonly [Instance, CountersView])[]> {
    const instances = await this.#running(project);
    return Promise.all(
      instances.map(async (instance) => [instance, await this.#view(instance, false)] as const),
    );
  }

  async takeIn(instance: Instance): Promise<void> {
    await this.#take(instance, { isEnd: true });
  }

  async forget(id: InstanceId): Promise<void> {
    this.#tallies.delete(id);
    await this.#deps.nodeStore.transact({ writes: [{ delete: keyOf(id) }] });
  }

  async #view(instance: Instance, isWhole: boolean): Promise<CountersView> {
    const { tally, run, flows, root } = await this.#take(instance, { isWhole });
    const counters = shown(tally, { ...run?.counters, ...root.amounts });
    return {
      counters,
      abilities: { ...this.#deps.engines.get(instance.type)?.countAbilities(), ...root.abilities },
      run: run &&
        flows && {
          ...flows,
          memoryUse: run.memoryUse(),
          processors: run.processors,
          memoryBytes: instance.type === 'container' ? ownMemory(counters.memory?.limit) : undefined,
        },
      total: unflatten(totalFlows(tally)),
    };
  }

  #take(instance: Instance, { isWhole = false, isEnd = false } = {}) {
    const { id, type } = instance;
    return this.#turns.run(id, async () => {
      const { handle } = this.#deps.runtimes.get(id);
      const engine = this.#deps.engines.get(type);
      const run = handle && (await engine?.counters(id, { isWhole }));
      const root = await this.#deps.pool.rootUsage(id, { isWhole });
      const before = await this.#tally(id);
      if (!run) return { run, flows: undefined, root, tally: before };
      const flows = flowsOf(run, await engine?.usage(id));
      const runId = `${handle.bootId}/${handle.pid}/${handle.startTime}`;
      const counters = { ...run.counters, ...root.amounts };
      const { tally, rises } = notice(before, { runId, counters, flows: flatten(flows) });
      await this.#put(id, tally, isEnd);
      for (const rise of rises) this.#tell(instance, rise);
      return { run, flows, root, tally };
    });
  }

  async #running(project: string): Promise<Instance[]> {
    const instances = await this.#deps.records.list(project);
    return instances.filter(({ id }) => this.#deps.runtimes.get(id).handle !== undefined);
  }

  async #tally(id: InstanceId): Promise<Tally> {
    const known = this.#tallies.get(id);
    if (known) return known.newest;
    const stored = (await this.#deps.nodeStore.get<Tally>(keyOf(id)))?.value ?? emptyTally;
    this.#tallies.set(id, { newest: stored, stored });
    return stored;
  }

  /** Flows grow all the time, and the kernel keeps those of a run: they are stored with something else, or at its end. */
  async #put(id: InstanceId, newest: Tally, isEnd: boolean): Promise<void> {
    const { stored = emptyTally } = this.#tallies.get(id) ?? {};
    const isSame = isEnd
      ? isDeepStrictEqual(stored, newest)
      : isDeepStrictEqual({ ...stored, flows: undefined }, { ...newest, flows: undefined });
    if (!isSame) await this.#deps.nodeStore.transact({ writes: [{ put: keyOf(id), value: newest }] });
    this.#tallies.set(id, { newest, stored: isSame ? stored : newest });
  }

  #tell({ project, name }: Instance, { resource, by }: Rise): void {
    const source = `/1.0/instances/${encodeURIComponent(name)}`;
    const context = { resource, refusals: by };
    this.#deps.events.publish(project, { type: 'lifecycle', action: 'instance-refused', source, context });
  }
}
