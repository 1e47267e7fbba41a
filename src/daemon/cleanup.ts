import { rm } from 'node:fs/promises';
import type { Logger } from '#base/logger.ts';
import { DaemonLock } from '#host/claims/daemon-lock.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { isAlive } from '#host/process/proc.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceId } from '#model/instance.ts';
import type { InstanceDeps } from '#service/instances/deps.ts';
import { makeParts } from './parts.ts';
import type { Parts } from './parts.ts';
import type { Places } from './places.ts';
import { makeServices } from './services.ts';

/**
 * Takes away what a daemon that has ended left on the host. Disks, images and their documents stay.
 * Throws `busy` while a daemon works on the directory, `wrong-state` while an instance runs.
 */
export async function cleanUp(places: Places, logger: Logger): Promise<void> {
  const lock = DaemonLock.take(places.directory);
  const parts = await makeParts(places, logger);
  const { instanceDeps, operations } = makeServices(parts);
  await instanceDeps.runtimes.load();
  // A store that was put back may not know of some.
  const known = instanceDeps.runtimes.all().map(([id]) => id);
  const ids = [...new Set([...known, ...(await parts.groups.cgroups.ids())])];
  await requireNothingRuns(ids, parts, instanceDeps);
  for (const id of ids) {
    for (const engine of parts.engines.values()) await engine.destroy(id);
    await instanceDeps.runtimes.stopped(id);
  }
  await operations.close(0);
  await removeFromHost(parts);
  await parts.stores.close();
  lock.release();
}

async function requireNothingRuns(
  ids: readonly InstanceId[],
  { groups }: Parts,
  { runtimes, records }: InstanceDeps,
): Promise<void> {
  const running = ids.filter((id) => {
    const { handle } = runtimes.get(id);
    return groups.cgroups.state(id).isPopulated || (handle && isAlive(handle.pid, handle.startTime));
  });
  if (running.length === 0) return;
  const documents = await Promise.all(running.map((id) => records.byId('default', id)));
  const names = documents.map((entry, index) => entry?.value.name ?? running[index]);
  throw new Fault('wrong-state', `Cannot clean up: ${names.join(', ')} still running`, {
    hint: 'Start the daemon, stop them (wadah stop --all), end the daemon, and try again.',
  });
}

async function removeFromHost({ networks, engines, groups, run, claims }: Parts): Promise<void> {
  await networks.remove();
  for (const engine of engines.values()) await engine.remove();
  await groups.cgroups.close();
  await unmountBelow(run);
  await rm(run, { recursive: true, force: true });
  await claims.release();
}
