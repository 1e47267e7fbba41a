import type { Instance } from '#model/instance.ts';
import type { Operations } from '#operation/operation.ts';
import type { InstanceDeps } from './deps.ts';
import { lockable } from './operations/input.ts';

/**
 * Does something with an instance that nobody has asked for. Whatever goes on with it is waited for, and it is looked
 * at again; so it is when `act` resolves to `false`: something came in between. One that has gone is left alone.
 */
export async function whenFree(
  { records }: Pick<InstanceDeps, 'records'>,
  operations: Operations,
  { project, id }: Pick<Instance, 'project' | 'id'>,
  act: (instance: Instance) => Promise<boolean>,
): Promise<void> {
  for (;;) {
    const instance = (await records.byId(project, id))?.value;
    if (!instance) return;
    const [holder] = operations.findHolders(project, lockable(instance));
    if (holder) await holder.finished;
    else if (await act(instance)) return;
  }
}
