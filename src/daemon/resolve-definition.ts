import type { OperationDefinition } from '#operation/operation.ts';
import { buildImage } from '#service/images/operations/build.ts';
import { deleteImage } from '#service/images/operations/delete.ts';
import * as instanceOperations from '#service/instances/definitions.ts';
import type { DaemonServices } from './services.ts';

const instanceDefinitions = Object.values(instanceOperations);
const imageDefinitions = [buildImage, deleteImage];

type AnyDefinition = OperationDefinition<never, object, never>;

/** Definition and live objects of an operation that a journal speaks of; `undefined` for a kind that is gone. */
export function resolveDefinition(
  services: DaemonServices,
  kind: string,
): { definition: AnyDefinition; deps: unknown } | undefined {
  const ofInstance = instanceDefinitions.find((definition) => definition.kind === kind);
  if (ofInstance) return { definition: ofInstance, deps: services.instanceDeps };
  const ofImage = imageDefinitions.find((definition) => definition.kind === kind);
  return ofImage && { definition: ofImage, deps: services.imageDeps };
}
