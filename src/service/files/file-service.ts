import path from 'node:path';
import { KeyedLock } from '#base/keyed-lock.ts';
import { Fault } from '#model/fault.ts';
import type { Instance, InstanceId, InstanceState } from '#model/instance.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { engineFor } from '../instances/deps.ts';
import { openRoot, planRoot } from '../instances/disks.ts';
import { expandInstance } from '../instances/plan.ts';
import type { Files, GuestFile, NewGuestFile } from './files.ts';
import { RunningFiles } from './running-files.ts';
import { StoppedFiles } from './stopped-files.ts';

/** Through the guest's own shell while it runs; through its mounted layers while it does not. */
export class FileService implements Files {
  readonly #deps: InstanceDeps;
  readonly #mounting = new KeyedLock();

  constructor(deps: InstanceDeps) {
    this.#deps = deps;
  }

  async read(project: string, name: string, file: string): Promise<GuestFile> {
    return this.#use(project, name, (files) => files.read(absolute(file)));
  }

  async write(project: string, name: string, file: string, wanted: NewGuestFile): Promise<void> {
    await this.#use(project, name, (files) => files.write(absolute(file), wanted));
  }

  async delete(project: string, name: string, file: string): Promise<void> {
    await this.#use(project, name, (files) => files.delete(absolute(file)));
  }

  async #use<T>(
    project: string,
    name: string,
    work: (files: RunningFiles | StoppedFiles) => Promise<T>,
  ): Promise<T> {
    const { value: instance } = await this.#deps.records.get(project, name);
    const { id } = instance;
    if (this.#stateOf(id) === 'running') return work(this.#running(instance));
    // Its root is mounted in one place: whoever comes second waits, and finds out what it is by then.
    return this.#mounting.run(id, () =>
      this.#stateOf(id) === 'running' ? work(this.#running(instance)) : this.#useStopped(instance, work),
    );
  }

  #stateOf(id: InstanceId): InstanceState {
    return this.#deps.runtimes.get(id).state;
  }

  #running({ id, type }: Instance): RunningFiles {
    const never = new AbortController().signal;
    return new RunningFiles((request) => engineFor(this.#deps, type).exec(id, request, never));
  }

  async #useStopped<T>(instance: Instance, work: (files: StoppedFiles) => Promise<T>): Promise<T> {
    const { id, name, type } = instance;
    if (!this.#isIdle(id)) {
      throw new Fault('wrong-state', `Cannot reach the files of "${name}": it is ${this.#stateOf(id)}`);
    }
    const engine = engineFor(this.#deps, type);
    if (!engine.mountRoot)
      throw new Fault('unsupported', `Cannot reach the files of a stopped ${type}`, {
        hint: 'Start it first.',
      });
    const expanded = await expandInstance(this.#deps, instance);
    await openRoot(this.#deps, instance, expanded.devices);
    try {
      // No more of a plan than that: making it whole reserves addresses, even of one that is deleted meanwhile.
      const root = planRoot(this.#deps.pool, instance, expanded.devices);
      const mounted = await engine.mountRoot({ id, name, root });
      try {
        return await work(new StoppedFiles(mounted.path));
      } finally {
        await mounted.unmount();
      }
    } finally {
      // One that has been started meanwhile goes on with it.
      if (this.#isIdle(id)) await this.#deps.pool.closeRoot(id);
    }
  }

  #isIdle(id: InstanceId): boolean {
    return ['stopped', 'failed'].includes(this.#stateOf(id));
  }
}

/** The guest's path, from its root; clients leave out the first slash. */
const absolute = (file: string): string => path.posix.join('/', file);
