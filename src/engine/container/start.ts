import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { allDone } from '#base/all-done.ts';
import { UndoStack } from '#base/undo-stack.ts';
import type { Exit, OverlayRoot, RunPlan } from '../engine.ts';
import type { CgroupFolders } from '#host/cgroup/cgroups.ts';
import { wireNamespace } from '#host/network/veth.ts';
import { ConsoleLog } from '../console-log.ts';
import { carryOut } from '../carriers/carrier.ts';
import { containerCarriers } from './carriers/carriers.ts';
import type { ContainerHost } from './container-host.ts';
import type { Crun } from './crun.ts';
import { exitOfChild } from './exits.ts';
import { rememberLinks } from '../links.ts';
import { prepareLaunch } from './launch.ts';
import { type HeldNamespaces, holdNamespaces } from './namespaces.ts';
import { NotifySocket } from './readiness.ts';
import { type IdMap, mountRoot, overlayOf, unmountRoot } from './rootfs.ts';
import type { RunFolder } from './run-folder.ts';
import { buildSpec, type HostOffer } from './spec.ts';
import { clearStage, stageMounts } from './staged-mounts.ts';
import type { Strays } from './strays.ts';

export interface StartDeps extends ContainerHost {
  crun: Crun;
  strays: Strays;
  offer: Omit<HostOffer, 'lxcfs' | 'staged'>;
}

export interface StartedContainer {
  pid: number;
  exited: Promise<Exit>;
  groups: CgroupFolders;
  console: ConsoleLog;
  notify: NotifySocket | undefined;
}

/**
 * Makes a container and runs its init. Whatever does not depend on each other goes on side by side; the longest
 * chain is namespaces, root, crun. After a failure the caller destroys what is there.
 */
export async function startContainer(
  deps: StartDeps,
  plan: RunPlan,
  folder: RunFolder,
  signal: AbortSignal,
): Promise<StartedContainer> {
  signal.throwIfAborted();
  makeFolders(folder);
  await using afterwards = new UndoStack();
  const [namespaces, { groups, console, launch }, host] = await allDone([
    prepareInside(deps, plan, folder, afterwards),
    prepareGroups(deps, plan, folder, afterwards),
    completeOffer(deps), // looked up while programs start
    warmUp(overlayOf(plan)),
  ]);
  const staged = stageMounts(plan.mounts ?? [], idsOf(plan, namespaces), folder.stage);
  writeSpec(plan, folder, namespaces, { ...host, staged });
  const notify = plan.init.notifiesReady ? new NotifySocket(folder.notifySocket, hostRoot(plan)) : undefined;
  const pid = await launch.go(signal).catch((error: unknown) => {
    notify?.close();
    throw error;
  });
  const exited = exitOfChild(pid);
  deps.strays.expect(pid, exited);
  unmountRoot(overlayOf(plan), folder);
  clearStage(folder.stage);
  return { pid, exited, groups, console, notify };
}

/** crun works as the guest's root when it goes to the root file system, so all may pass, whatever our umask is. */
function makeFolders({ path, host, bundle }: RunFolder): void {
  for (const folder of [host, bundle]) mkdirSync(folder, { recursive: true });
  chmodSync(path, 0o711);
  chmodSync(host, 0o755);
}

/** Whom the guest's root is on the host. */
const hostRoot = ({ idRange }: RunPlan): number => idRange?.base ?? 0;

const idsOf = ({ idRange }: RunPlan, { user }: HeldNamespaces): IdMap | undefined =>
  user && idRange ? { userNamespace: user, base: idRange.base } : undefined;

/** The root file system and the network, both through the namespaces that the container is going to have. */
async function prepareInside(
  deps: StartDeps,
  plan: RunPlan,
  folder: RunFolder,
  afterwards: UndoStack,
): Promise<HeldNamespaces> {
  const namespaces = await holdNamespaces(deps.programs, plan.idRange);
  afterwards.push(() => namespaces.release());
  const { network } = namespaces;
  const ids = idsOf(plan, namespaces);
  rememberLinks(folder.links, plan.nics);
  const wired = wireNamespace(network, plan.nics).then(() =>
    carryOut(containerCarriers, { before: undefined, after: plan }, async (carrier) =>
      carrier.wire?.(deps, plan),
    ),
  );
  await allDone([wired, mountRoot(overlayOf(plan), folder, ids)]);
  return namespaces;
}

async function prepareGroups(deps: StartDeps, plan: RunPlan, folder: RunFolder, afterwards: UndoStack) {
  const { id } = plan;
  const owner = hostRoot(plan);
  const console = ConsoleLog.make(folder, owner);
  const groups = await makeGroups(deps, id, owner);
  deps.beancounters.follow(groups.group);
  const joined = { leaf: groups.payload, v1: Object.values(groups.v1) };
  const prepared = prepareLaunch(deps.programs, deps.crun, { id, folder, groups: joined });
  const [launch] = await allDone([
    prepared.then((launch) => {
      afterwards.push(() => launch.cancel());
      return launch;
    }),
    carryOut(containerCarriers, { before: undefined, after: plan }, async (carrier) =>
      carrier.limit?.(deps, plan),
    ),
  ]);
  return { groups, console, launch };
}

/** systemd wants its v1 hierarchy too, where there is one; without, it complains at every step. */
async function makeGroups({ cgroups }: StartDeps, id: string, owner: number): Promise<CgroupFolders> {
  const groups = await cgroups.make(id, owner);
  const systemd = groups.v1['name=systemd'];
  if (systemd === undefined) return groups;
  for (const file of ['', 'cgroup.procs', 'tasks']) chownSync(join(systemd, file), owner, owner);
  return groups;
}

async function completeOffer({ offer, lxcfs }: StartDeps): Promise<Omit<HostOffer, 'staged'>> {
  return { ...offer, lxcfs: lxcfs.files() };
}

/** Mounting is done on the main thread: what it looks at should not have to come from a disk then. */
async function warmUp({ upper, work, lower }: OverlayRoot): Promise<void> {
  await Promise.all([upper, work, ...lower].map((folder) => readdir(folder)));
}

function writeSpec(plan: RunPlan, folder: RunFolder, namespaces: HeldNamespaces, host: HostOffer): void {
  const spec = buildSpec(plan, {
    rootfs: folder.root,
    hostFolder: folder.host,
    userNamespace: namespaces.user,
    networkNamespace: namespaces.network,
    timeNamespace: namespaces.time,
    host,
  });
  writeFileSync(join(folder.bundle, 'config.json'), JSON.stringify(spec));
}
