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
import { emptyTally, notice, type Rise, shown, type Tally } from './tally.ts';

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
const keyOf = (id: InstanceId): string => `counters/${id}`;

/**
 * The kernel counts a run; what runs come to together is kept here. Everything that is refused is told as the event
 * `instance-refused`, when somebody asks for the counters or within ten seconds.
 */
export class CounterService implements InstanceCounters {
  readonly #deps: CounterDeps;
  /** One after the other for each instance: what is read, counted and stored belongs together. */
  readonly #turns = new KeyedLock();
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
    for (const instance of await this.#running(project)) await this.#take(instance, false);
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
    await this.#take(instance, false);
  }

  async forget(id: InstanceId): Promise<void> {
    await this.#deps.nodeStore.transact({ writes: [{ delete: keyOf(id) }] });
  }

  async #view(instance: Instance, isWhole: boolean): Promise<CountersView> {
    const { tally, run, root } = await this.#take(instance, isWhole);
    const engine = this.#deps.engines.get(instance.type);
    const usage = run && (await engine?.usage(instance.id));
    const view = {
      counters: shown(tally, { ...run?.counters, ...root.amounts }),
      abilities: { ...engine?.countAbilities(), ...root.abilities },
    };
    if (!run || !usage) return { ...view, run: undefined };
    const { throttling, pressure, io } = run;
    const { cpuNanoseconds, network } = usage;
    return { ...view, run: { throttling, pressure, io, cpuNanoseconds, network } };
  }

  #take(instance: Instance, isWhole: boolean) {
    return this.#turns.run(instance.id, async () => {
      const { handle } = this.#deps.runtimes.get(instance.id);
      const run = handle && (await this.#deps.engines.get(instance.type)?.counters(instance.id, { isWhole }));
      const root = await this.#deps.pool.rootUsage(instance.id, { isWhole });
      const before = await this.#tally(instance.id);
      if (!run) return { run, root, tally: before };
      const runId = `${handle.bootId}/${handle.pid}/${handle.startTime}`;
      const { tally, rises } = notice(before, runId, { ...run.counters, ...root.amounts });
      await this.#put(instance.id, before, tally);
      for (const rise of rises) this.#tell(instance, rise);
      return { run, root, tally };
    });
  }

  async #running(project: string): Promise<Instance[]> {
    const instances = await this.#deps.records.list(project);
    return instances.filter(({ id }) => this.#deps.runtimes.get(id).handle !== undefined);
  }

  async #tally(id: InstanceId): Promise<Tally> {
    return (await this.#deps.nodeStore.get<Tally>(keyOf(id)))?.value ?? emptyTally;
  }

  async #put(id: InstanceId, before: Tally, after: Tally): Promise<void> {
    if (isDeepStrictEqual(before, after)) return;
    await this.#deps.nodeStore.transact({ writes: [{ put: keyOf(id), value: after }] });
  }

  #tell({ project, name }: Instance, { resource, by }: Rise): void {
    const source = `/1.0/instances/${encodeURIComponent(name)}`;
    const context = { resource, refusals: by };
    this.#deps.events.publish(project, { type: 'lifecycle', action: 'instance-refused', source, context });
  }
}
