import type { EngineEvent, Exit } from '../engine.ts';
import type { Cgroups } from '#host/cgroup/cgroups.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import { Container, type ContainerParts } from './container.ts';

/** The containers that run, and what is told of them. */
export class Containers {
  readonly #cgroups: Cgroups;
  readonly #running = new Map<InstanceId, Container>();
  #tell: (event: EngineEvent) => void = () => {};

  constructor(cgroups: Cgroups) {
    this.#cgroups = cgroups;
  }

  onEvent(listener: (event: EngineEvent) => void): void {
    this.#tell = listener;
  }

  all(): IterableIterator<Container> {
    return this.#running.values();
  }

  find(id: InstanceId): Container | undefined {
    return this.#running.get(id);
  }

  /** Throws `wrong-state`. */
  get(id: InstanceId): Container {
    const container = this.find(id);
    if (!container) throw new Fault('wrong-state', `Instance ${id} does not run`);
    return container;
  }

  /** Follows one that runs from now on to its end. */
  add(parts: ContainerParts): Container {
    const container = new Container(parts);
    this.#running.set(parts.plan.id, container);
    container.listen(() => this.tellReady(container));
    void container.exited.then((exit) => this.#ended(container, exit));
    return container;
  }

  /** Nothing is told of it any more. */
  forget(id: InstanceId): void {
    this.find(id)?.close();
    this.#running.delete(id);
  }

  isRunning(container: Container): boolean {
    return this.find(container.plan.id) === container;
  }

  tellReady(container: Container): void {
    if (this.isRunning(container)) this.#tell({ kind: 'ready', id: container.plan.id });
  }

  tellExit({ plan, handle }: Container, exit: Exit): void {
    this.#tell({ kind: 'exited', id: plan.id, pid: handle.pid, exit });
  }

  /** `kills`: how often the kernel has killed inside for lack of memory since the start. */
  noticeKills(container: Container, kills: number): void {
    if (kills <= container.outOfMemoryKills) return;
    const id = container.plan.id;
    this.#tell({ kind: 'out-of-memory', id, kills: kills - container.outOfMemoryKills });
    container.outOfMemoryKills = kills;
  }

  close(): void {
    for (const container of this.all()) container.close();
    this.#running.clear();
  }

  #ended(container: Container, exit: Exit): void {
    if (!this.isRunning(container)) return; // forgotten meanwhile
    const { id } = container.plan;
    this.noticeKills(container, this.#cgroups.usage(id)?.outOfMemoryKills ?? 0);
    this.forget(id);
    if (!container.isStopping) this.tellExit(container, exit);
  }
}
