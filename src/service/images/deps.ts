import type { Pool } from '#host/storage/pool.ts';
import type { Recipe } from '#image/recipe.ts';
import type { Instance } from '#model/instance.ts';
import type { Events } from '../events/events.ts';
import type { ImageRecords } from './image-records.ts';

/** What image operations work with. */
export interface ImageDeps {
  records: ImageRecords;
  instances: { list(project: string): Promise<Instance[]> };
  pool: Pool;
  /** By name. */
  recipes: ReadonlyMap<string, Recipe>;
  events: Events;
}

/** The origin that images built by a recipe bear. */
export const originOf = (recipe: string): string => `build ${recipe}`;

/** Says that something happened to an image. */
export function publishImageEvent(
  deps: Pick<ImageDeps, 'events'>,
  project: string,
  event: { action: string; fingerprint: string; context?: Record<string, unknown> },
): void {
  const { action, fingerprint, context = {} } = event;
  const source = `/1.0/images/${fingerprint}`;
  deps.events.publish(project, { type: 'lifecycle', action, source, context });
}

/** Says that something happened to an alias. */
export function publishAliasEvent(
  deps: Pick<ImageDeps, 'events'>,
  project: string,
  event: { action: string; name: string; context?: Record<string, unknown> },
): void {
  const { action, name, context = {} } = event;
  const source = `/1.0/images/aliases/${encodeURIComponent(name)}`;
  deps.events.publish(project, { type: 'lifecycle', action, source, context });
}
