import { isFault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import type { Lockable, StepContext } from '#operation/operation.ts';
import type { InstanceDeps } from '../deps.ts';

/** What every operation on one existing instance is given. */
export interface InstanceInput {
  id: InstanceId;
  name: string;
}

export type InstanceContext<Input, Work extends object> = StepContext<Input, Work, InstanceDeps>;

export const instanceResources = (input: { name: string }): Record<string, string[]> => ({
  instances: [input.name],
});

/** Whoever found an instance by a name that it has no longer must not meet those who work on it under its new one. */
export const instanceLocks = (input: { id: InstanceId }): Record<string, string[]> => ({
  'instance-ids': [input.id],
});

/** All that operations on an instance lock. */
export const lockable = (instance: InstanceInput): Lockable => ({
  resources: instanceResources(instance),
  locks: instanceLocks(instance),
});

/**
 * Whether an engine says so: that the init has ended by itself, which nobody has cleared away yet. What is asked of the
 * run is of no interest any more then, and nothing has to be taken back.
 */
export const hasRunEnded = (error: unknown): boolean => isFault(error, 'wrong-state');

/** Publishes what happened to an instance, as Incus names it. */
export function publishLifecycle(
  context: { deps: InstanceDeps; project: string },
  name: string,
  action: string,
  details: Record<string, unknown> = {},
): void {
  const source = `/1.0/instances/${encodeURIComponent(name)}`;
  context.deps.events.publish(context.project, { type: 'lifecycle', action, source, context: details });
}
