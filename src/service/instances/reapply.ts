import { asFault, isFault } from '#model/fault.ts';
import type { Instance, InstanceId } from '#model/instance.ts';
import type { Operations } from '#operation/operation.ts';
import type { InstanceDeps } from './deps.ts';
import { isUpToDate, updateInstance } from './operations/update.ts';
import { whenFree } from './when-free.ts';

/** What they include has changed already, so that the fullest disk must not keep it from them. */
const reapply = { ...updateInstance, usesReserve: true };

/** Brings running instances up to date after a change of something that they include. */
export class Reapplication {
  readonly #deps: InstanceDeps;
  readonly #operations: Operations;
  readonly #going = new Set<{ id: InstanceId }>();

  constructor(deps: InstanceDeps, operations: Operations) {
    this.#deps = deps;
    this.#operations = operations;
  }

  /** Whether it goes on for that instance now. */
  isGoingOn(id: InstanceId): boolean {
    return [...this.#going].some((each) => each.id === id);
  }

  /** Whatever goes on with it may have begun before the change: that is waited for, and it is looked at again. */
  async reach(instance: Pick<Instance, 'project' | 'id'>): Promise<void> {
    await whenFree(this.#deps, this.#operations, instance, async (now) => {
      const isRunning = this.#deps.runtimes.get(now.id).inEffect !== undefined;
      return !isRunning || (await isUpToDate(this.#deps, now)) || this.#update(now);
    });
  }

  /** As `reach`; what stands in the way is told in the log. */
  async tryToReach(instance: Instance): Promise<void> {
    try {
      await this.reach(instance);
    } catch (error) {
      const fault = asFault(error).message;
      this.#deps.logger.warn({ instance: instance.name, fault }, 'could not bring an instance up to date');
    }
  }

  /** False when something came in between. */
  async #update(instance: Instance): Promise<boolean> {
    const { project, id, name } = instance;
    const input = { id, name, before: instance, after: instance, isForced: false };
    const mark = { id };
    // Before the lock is taken: whoever is refused for it looks here at once.
    this.#going.add(mark);
    try {
      const update = await this.#operations.start(reapply, input, { project, deps: this.#deps });
      const { fault } = await update.finished;
      return fault?.code !== 'conflict';
    } catch (error) {
      if (isFault(error, 'busy')) return false;
      throw error;
    } finally {
      this.#going.delete(mark);
    }
  }
}
