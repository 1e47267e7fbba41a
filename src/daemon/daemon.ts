import { createApi } from '#api/api.ts';
import type { Api } from '#api/api.ts';
import type { Logger } from '#base/logger.ts';
import { DaemonLock } from '#host/claims/daemon-lock.ts';
import { raiseSysctls } from '#host/claims/raise-sysctls.ts';
import { ProcSysctls } from '#host/network/sysctls.ts';
import { adoptOrphans } from '#host/process/children.ts';
import { stayInLeaf } from '#host/process/leaf.ts';
import { bootId } from '#host/process/proc.ts';
import type { Instance } from '#model/instance.ts';
import { withReserve } from '#operation/reserve.ts';
import { removeStrangeTrees } from '#service/images/strangers.ts';
import { AfterRestore } from '#service/reconcile/after-restore.ts';
import { ExitWatcher } from '#service/reconcile/exits.ts';
import { HostShutdown } from '#service/reconcile/host-shutdown.ts';
import { Recovery } from '#service/reconcile/recovery.ts';
import type { Store } from '#store/store.ts';
import { checkHost, viewHost } from './check-host.ts';
import { ensureDefaultProfile } from './default-profile.ts';
import { makeParts } from './parts.ts';
import type { Parts } from './parts.ts';
import type { Places } from './places.ts';
import { resolveDefinition } from './resolve-definition.ts';
import { gatherServerInfo } from './server-info.ts';
import { makeServices } from './services.ts';
import type { DaemonServices } from './services.ts';

const project = 'default';
const operationGraceMs = 10_000;
/** The newest boot in which a daemon has started the instances that are to run, in the node store. */
const bootKey = 'boot-id';

export interface Daemon {
  /** Lets operations end, answers who waits, lets go of everything. Instances go on running. */
  close(): Promise<void>;
  /** Stops all instances because the host goes down, then closes. The next daemon starts those that ran. */
  shutDown(): Promise<void>;
}

/**
 * Starts the daemon: takes the directory's lock, opens the parts, finishes or undoes what a crash interrupted,
 * takes over the instances that run, and only then answers on the socket. `goesDown`: once the host does,
 * no instance is started any more.
 */
export async function openDaemon(
  places: Places,
  logger: Logger,
  goesDown: AbortSignal = new AbortController().signal,
): Promise<Daemon> {
  const begun = performance.now();
  const lock = DaemonLock.take(places.directory);
  adoptOrphans();
  announceSysctls(logger);
  await checkHost(await viewHost(places), logger);
  const parts = await makeParts(places, logger);
  stayInLeaf(await parts.groups.leaves.makeOwn());
  const services = makeServices(parts);
  await openParts(parts, services);
  await ensureDefaultProfile(services.instanceDeps.profiles, project, parts.networks.bridge().name);
  const borrow = () => parts.pool.borrowReserve();
  const recovered = await withReserve(borrow, () => recover(parts, services, { logger, goesDown }));
  const api = createApi({ services, logger, info: await gatherServerInfo(parts.engines.values(), logger) });
  await api.listen(places.socket);
  services.counters.open(project);
  parts.kvm.open();
  parts.stores.snapshots.open(logger);
  // What a crash left half-deleted is no hurry: it has names that nothing else has.
  parts.pool
    .clearTrash()
    .catch((error: unknown) => logger.error({ err: error }, 'could not clear the trash'));
  const ms = Math.round(performance.now() - begun);
  logger.info({ ...recovered, ms, socket: places.socket }, 'ready');
  const opened = { api, services, parts, lock, logger };
  return { close: () => close(opened), shutDown: () => shutDown(opened) };
}

function announceSysctls(logger: Logger): void {
  const { raised, refused } = raiseSysctls(new ProcSysctls());
  if (raised.length > 0) logger.info({ raised }, `Raised limits of the host: ${raised.join(', ')}`);
  if (refused.length > 0) logger.warn({ refused }, 'the kernel did not let limits of the host be raised');
}

/** Opens what depends on the stores, side by side. */
async function openParts(
  { networks, engines, idRanges }: Parts,
  { instanceDeps }: DaemonServices,
): Promise<void> {
  await Promise.all([
    networks.open(),
    idRanges.open(),
    instanceDeps.runtimes.load(),
    ...[...engines.values()].map((engine) => engine.open()),
  ]);
}

async function recover(
  parts: Parts,
  services: DaemonServices,
  { logger, goesDown }: { logger: Logger; goesDown: AbortSignal },
): Promise<object> {
  const { operations, instanceDeps, imageDeps, instances } = services;
  const afterEnd = (instance: Instance): Promise<void> => instances.deleteEphemeral(instance);
  const watcher = new ExitWatcher(instanceDeps, operations, afterEnd);
  const thisBoot = bootId();
  const recovery = new Recovery(instanceDeps, operations, thisBoot, afterEnd);
  const { node } = parts.stores;
  const { cgroups } = parts.groups;
  const restored = await AfterRestore.find({
    node,
    instances: instanceDeps,
    images: imageDeps,
    cgroups,
    bootId: thisBoot,
  });
  await restored?.findRuns(project);
  const takingUp = recovery
    .takeOver(project)
    .then(() => operations.recover((kind) => resolveDefinition(services, kind)));
  watcher.open(project, takingUp);
  const interrupted = await takingUp;
  for (const operation of interrupted) logger.warn({ operation }, 'an operation was interrupted by a crash');
  if (restored) await restored.tellStrangers(project);
  else await removeStrangeTrees(imageDeps, project, logger);
  const hasHostBooted = (await node.get<string>(bootKey))?.value !== thisBoot;
  const keepsStrangers = restored !== undefined;
  const { starting, ...report } = await recovery.run(project, {
    hasHostBooted,
    keepsStrangers,
    startsUntil: goesDown,
  });
  await instances.reapplyAll(project);
  starting
    .then(() => rememberBoot(node, thisBoot, goesDown)) // a daemon that dies before that leaves the rest to the next
    .catch((error: unknown) => logger.error({ err: error }, 'could not start instances'));
  return { interrupted: interrupted.length, ...report };
}

/** From now on autostart waits for the next boot. */
async function rememberBoot(node: Store, boot: string, goesDown: AbortSignal): Promise<void> {
  if (!goesDown.aborted) await node.transact({ writes: [{ put: bootKey, value: boot }] });
}

interface Opened {
  api: Api;
  services: DaemonServices;
  parts: Parts;
  lock: DaemonLock;
  logger: Logger;
}

async function shutDown(opened: Opened): Promise<void> {
  const { services, parts, logger } = opened;
  const { instanceDeps, operations, instances } = services;
  logger.info({}, 'the host goes down: stopping all instances');
  const shutdown = new HostShutdown(instanceDeps, operations, (instance) =>
    instances.deleteEphemeral(instance),
  );
  await withReserve(
    () => parts.pool.borrowReserve(),
    async () => {
      await shutdown.run(project);
      await parts.stores.node.transact({ writes: [{ delete: bootKey }] });
    },
  );
  await close(opened);
}

async function close({ api, services, parts, lock, logger }: Opened): Promise<void> {
  logger.info({}, 'ending; instances that run go on running');
  services.counters.close();
  await parts.kvm.close();
  await services.operations.close(operationGraceMs);
  await api.close();
  for (const engine of parts.engines.values()) await engine.close();
  await parts.networks.close();
  await parts.stores.close();
  lock.release();
}
