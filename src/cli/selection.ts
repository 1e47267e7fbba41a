import { listInstances } from '#client/lists.ts';
import type { Instance } from '#contract/contract.ts';
import { Fault } from '#model/fault.ts';
import { type InstanceAction, type InstanceState, beginsFrom } from '#model/instance.ts';
import type { Context } from './context.ts';
import { stateOf } from './instance-text.ts';

export function canBegin(action: InstanceAction, instance: Instance): boolean {
  const allowed: readonly InstanceState[] = beginsFrom[action];
  return allowed.includes(stateOf(instance));
}

export interface Choice {
  /** What is to be done with them. */
  action: InstanceAction;
  names: readonly string[];
  all: boolean;
  /** Which ones `all` means; by default those on which the action may begin. */
  isMeant?: (instance: Instance) => boolean;
}

/** The instances that were named, or all that are meant. Throws `invalid` unless it is one of both. */
export async function chooseNames({ client }: Context, choice: Choice): Promise<readonly string[]> {
  const { action, names, all, isMeant = (instance) => canBegin(action, instance) } = choice;
  if (all && names.length > 0) throw new Fault('invalid', 'Either names or --all, not both');
  if (all) return (await listInstances(client)).filter(isMeant).map(({ name }) => name);
  if (names.length > 0) return names;
  throw new Fault('invalid', `No instance to ${action} was named`, {
    hint: 'Name one or more, or say --all.',
  });
}
