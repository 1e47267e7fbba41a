import type { OperationDefinition } from '#operation/operation.ts';
import { buildImage } from '#service/images/operations/build.ts';
import { deleteImage } from '#service/images/operations/delete.ts';
import * as instanceOperations from '#service/instances/definitions.ts';
import type { DaemonServices } from './services.ts';

type AnyDefinition = OperationDefinition<never, object, never>;

const instanceDefinitions: AnyDefinition[] = Object.values(instanceOperations);
const imageDefinitions: AnyDefinition[] = [buildImage, deleteImage];

/** Every operation that a daemon of this version begins or takes up again. */
export const definitions: readonly AnyDefinition[] = [...instanceDefinitions, ...imageDefinitions];

/** Definition and live objects of an operation that a journal speaks of; `undefined` for a kind that is gone. */
export function resolveDefinition(
  services: DaemonServices,
  kind: string,
): { definition: AnyDefinition; deps: unknown } | undefined {
  const definition = definitions.find((known) => known.kind === kind);
  if (!definition) return undefined;
  const deps = imageDefinitions.includes(definition) ? services.imageDeps : services.instanceDeps;
  return { definition, deps };
}
