import type { Logger } from '#base/logger.ts';
import type { ImageDeps } from './deps.ts';

/**
 * Removes trees that no document names and folders of builds that are not going on: what remains when an undo
 * failed, too. Once, at the daemon's start, after operations were recovered and before any is begun.
 */
export async function removeStrangeTrees(deps: ImageDeps, project: string, logger: Logger): Promise<void> {
  const known = new Set((await deps.records.list(project)).map(({ fingerprint }) => fingerprint));
  const { images, builds } = await deps.pool.contents();
  for (const fingerprint of images.filter((image) => !known.has(image))) {
    logger.warn({ fingerprint }, 'removing a tree that belongs to no image');
    await deps.pool.removeImage(fingerprint);
  }
  for (const build of builds) {
    logger.warn({ build }, 'removing the folder of a build that is not going on');
    await deps.pool.removeBuildFolder(build);
  }
}
