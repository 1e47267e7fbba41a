import { rm } from 'node:fs/promises';
import type { Logger } from '#base/logger.ts';
import { DaemonLock } from '#host/claims/daemon-lock.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { isAlive } from '#host/process/proc.ts';
import { Fault } from '#model/fault.ts';
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
  await requireNothingRuns(instanceDeps);
  for (const [id] of instanceDeps.runtimes.all()) {
    for (const engine of parts.engines.values()) await engine.destroy(id);
    await instanceDeps.runtimes.stopped(id);
  }
  await operations.close(0);
  await removeFromHost(parts);
  await parts.stores.close();
  lock.release();
}

async function requireNothingRuns({ runtimes, records }: InstanceDeps): Promise<void> {
  const running = runtimes.all().filter(([, { handle }]) => handle && isAlive(handle.pid, handle.startTime));
  if (running.length === 0) return;
  const documents = await Promise.all(running.map(([id]) => records.byId('default', id)));
  const names = documents.flatMap((entry) => entry?.value.name ?? []);
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
