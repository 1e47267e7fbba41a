import { Fault } from '#model/fault.ts';
import type { OperationView } from '#model/operation.ts';
import type { OperationHandle } from './operation.ts';

type Objects = Pick<OperationView, 'project' | 'resources'>;

/** Which operation works on what: at most one on each object. */
export class ResourceLocks {
  readonly #holders = new Map<string, OperationHandle>();

  /** Throws `busy` when another operation works on one of its objects; then it holds none of them. */
  claim(operation: OperationHandle): void {
    const [holder] = this.holders(operation.view());
    if (holder) throw busy(operation.view(), holder.view());
    this.claimFree(operation);
  }

  /** The operations that work on one of these objects. */
  holders(objects: Objects): OperationHandle[] {
    return keysOf(objects).flatMap((key) => this.#holders.get(key) ?? []);
  }

  /** Claims those of its objects that no other operation holds. */
  claimFree(operation: OperationHandle): void {
    for (const key of keysOf(operation.view())) {
      if (!this.#holders.has(key)) this.#holders.set(key, operation);
    }
  }

  release(operation: OperationHandle): void {
    for (const key of keysOf(operation.view())) {
      if (this.#holders.get(key) === operation) this.#holders.delete(key);
    }
  }
}

function keysOf({ project, resources }: Objects): string[] {
  return Object.entries(resources).flatMap(([kind, names]) =>
    names.map((name) => `${kind}/${project}/${name}`),
  );
}

function busy(wanted: OperationView, running: OperationView): Fault {
  const message = `Cannot begin "${wanted.description}" while "${running.description}" is going on`;
  const cancel = running.isCancellable ? `, or cancel it: it is operation ${running.id}` : '';
  return new Fault('busy', message, { hint: `Wait until that has finished${cancel}.` });
}
