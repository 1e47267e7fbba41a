import { Fault } from '#model/fault.ts';
import type { OperationView } from '#model/operation.ts';
import type { LiveOperation } from './live-operation.ts';
import type { Lockable } from './operation.ts';

/** Which operation works on what: at most one on each object. */
export class ResourceLocks {
  readonly #holders = new Map<string, LiveOperation>();

  /** Throws `busy` when another operation works on one of its objects; then it holds none of them. */
  claim(operation: LiveOperation): void {
    const [holder] = this.holders(operation.view().project, lockable(operation));
    if (holder) throw busy(operation.view(), holder.view());
    this.claimFree(operation);
  }

  /** The operations that work on one of these objects. */
  holders(project: string, objects: Lockable): LiveOperation[] {
    return [...new Set(keysOf(project, objects).flatMap((key) => this.#holders.get(key) ?? []))];
  }

  /** Whether nobody works on its objects. */
  isFree(operation: LiveOperation): boolean {
    return this.holders(operation.view().project, lockable(operation)).length === 0;
  }

  /** Claims those of its objects that no other operation holds. */
  claimFree(operation: LiveOperation): void {
    for (const key of keysOf(operation.view().project, lockable(operation))) {
      if (!this.#holders.has(key)) this.#holders.set(key, operation);
    }
  }

  release(operation: LiveOperation): void {
    for (const key of keysOf(operation.view().project, lockable(operation))) {
      if (this.#holders.get(key) === operation) this.#holders.delete(key);
    }
  }
}

const lockable = (operation: LiveOperation): Lockable => ({
  resources: operation.view().resources,
  locks: operation.locks,
});

function keysOf(project: string, { resources, locks }: Lockable): string[] {
  return [resources, locks]
    .flatMap((objects) => Object.entries(objects))
    .flatMap(([kind, names]) => names.map((name) => `${kind}/${project}/${name}`));
}

function busy(wanted: OperationView, running: OperationView): Fault {
  const message = `Cannot begin "${wanted.description}" while "${running.description}" is going on`;
  const cancel = running.isCancellable ? `, or cancel it: it is operation ${running.id}` : '';
  return new Fault('busy', message, { hint: `Wait until that has finished${cancel}.` });
}
