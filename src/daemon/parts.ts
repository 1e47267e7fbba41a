import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '#base/logger.ts';
import type { Engine } from '#engine/engine.ts';
import { HostClaims, idsPerBlock } from '#host/claims/host-claims.ts';
import { openCgroups } from '#host/cgroup/open.ts';
import type { OpenedCgroups } from '#host/cgroup/open.ts';
import { prepareCgroupMounts } from '#host/cgroup/private-mounts.ts';
import { requirePrivateNamespace } from '#host/mount/private-namespace.ts';
import { BridgeNetwork } from '#host/network/bridge-network.ts';
import { networkNames } from '#host/network/object-names.ts';
import { networksInUse } from '#host/network/subnets.ts';
import { ProcSysctls } from '#host/network/sysctls.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { Programs } from '#host/process/programs.ts';
import { DirPool } from '#host/storage/dir-pool.ts';
import type { InstanceType } from '#model/instance.ts';
import { KvmVerdicts } from '#service/host/kvm-verdicts.ts';
import { HostIdRanges } from '#service/instances/id-ranges.ts';
import { ManagedNetworks } from '#service/networks/managed-networks.ts';
import { openStores } from '#store/open-stores.ts';
import type { Stores } from '#store/open-stores.ts';
import { makeEngines } from './engines.ts';
import { runFolder } from './places.ts';
import type { Places } from './places.ts';

/** The real things under the services: stores, pool, networks, engines, and what they stand on. */
export interface Parts {
  places: Places;
  logger: Logger;
  claims: HostClaims;
  run: string;
  programs: Programs;
  groups: OpenedCgroups;
  stores: Stores;
  pool: DirPool;
  networks: ManagedNetworks;
  idRanges: HostIdRanges;
  kvm: KvmVerdicts;
  engines: ReadonlyMap<InstanceType, Engine>;
}

/** Puts the parts together; opens what needs no other part to be open. The state directory's lock is held. */
export async function makeParts(places: Places, logger: Logger): Promise<Parts> {
  requirePrivateNamespace();
  const claims = await HostClaims.open(places.directory);
  const run = runFolder(claims.mark);
  await mkdir(run, { recursive: true, mode: 0o755 });
  await prepareCgroupMounts(run);
  const programs = new HostPrograms();
  const [groups, stores, pool] = await Promise.all([
    openCgroups({ mark: claims.mark, run }),
    openStores(places.directory),
    DirPool.open(places.pool, programs),
  ]);
  const idRanges = new HostIdRanges(stores.node, {
    idsPerBlock,
    claimIdBlocks: (wanted) => claims.claimIdBlocks(wanted),
    claimFreeIdBlock: () => claims.claimFreeIdBlock(),
  });
  const engine = path.join(import.meta.dirname, 'kvm-engine.mjs');
  const kvm = new KvmVerdicts({ programs, run, engine, nodeStore: stores.node, logger });
  const base = { places, logger, claims, run, programs, groups, stores, pool, idRanges, kvm };
  return { ...base, networks: makeNetworks(base), engines: makeEngines(base) };
}

function makeNetworks({
  places,
  logger,
  claims,
  run,
  programs,
  groups,
  stores,
}: Omit<Parts, 'networks' | 'engines'>): ManagedNetworks {
  const names = networkNames(claims.mark, places.isDefaultDirectory);
  const network = new BridgeNetwork({
    programs,
    sysctls: new ProcSysctls(),
    logger,
    names,
    runFolder: path.join(run, 'network'),
    sysctlFolder: '/run/wadah/sysctls',
    leaseFile: places.leaseFile,
    leaf: path.join(groups.root, 'dnsmasq'),
  });
  return new ManagedNetworks({
    sharedStore: stores.shared,
    nodeStore: stores.node,
    claims,
    network,
    networksInUse: () => networksInUse(programs, names.bridge),
    logger,
  });
}
