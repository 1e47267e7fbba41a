import path from 'node:path';
import { Fault } from '#model/fault.ts';
import type { InstanceDeps } from '../instances/deps.ts';
import { engineFor } from '../instances/deps.ts';
import { openRoot } from '../instances/disks.ts';
import { expandInstance, makeRunPlan } from '../instances/plan.ts';
import type { Files, GuestFile, NewGuestFile } from './files.ts';
import { RunningFiles } from './running-files.ts';
import { StoppedFiles } from './stopped-files.ts';

/** Through the guest's own shell while it runs; through its mounted layers while it does not. */
export class FileService implements Files {
  readonly #deps: InstanceDeps;

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
    const engine = engineFor(this.#deps, instance.type);
    const { state } = this.#deps.runtimes.get(instance.id);
    if (state === 'running') {
      const never = new AbortController().signal;
      return work(new RunningFiles((request) => engine.exec(instance.id, request, never)));
    }
    if (state !== 'stopped' && state !== 'failed') {
      throw new Fault('wrong-state', `Cannot reach the files of "${name}": it is ${state}`);
    }
    if (!engine.mountRoot)
      throw new Fault('unsupported', `Cannot reach the files of a stopped ${instance.type}`, {
        hint: 'Start it first.',
      });
    const expanded = await expandInstance(this.#deps, instance);
    await openRoot(this.#deps, instance, expanded.devices);
    const mounted = await engine.mountRoot(await makeRunPlan(this.#deps, instance, expanded));
    try {
      return await work(new StoppedFiles(mounted.path));
    } finally {
      await mounted.unmount();
      await this.#deps.pool.closeRoot(instance.id);
    }
  }
}

/** The guest's path, from its root; clients leave out the first slash. */
const absolute = (file: string): string => path.posix.join('/', file);
