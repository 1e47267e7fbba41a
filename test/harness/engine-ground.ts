import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import type { Engine } from '#engine/engine.ts';
import { type OpenedCgroups, openCgroups } from '#host/cgroup/open.ts';
import { prepareCgroupMounts } from '#host/cgroup/private-mounts.ts';
import { unmountBelow } from '#host/mount/unmount-below.ts';
import { HostPrograms } from '#host/process/host-programs.ts';
import type { HostProxies } from '#host/proxy/host-proxies.ts';
import { check, libcFunction } from '#host/sys/libc.ts';
import type { InstanceId } from '#model/instance.ts';
import { testProxies } from './proxies.ts';

const unshare = libcFunction('unshare', 'int', ['int']);
const CLONE_NEWNET = 0x40000000;

/** What engines of every type stand on. */
export interface EngineGround {
  mark: string;
  /** Runtime folder, for all to pass through. */
  run: string;
  /** Folder for disks. */
  folder: string;
  programs: HostPrograms;
  groups: OpenedCgroups;
  proxies: HostProxies;
}

/**
 * Makes it, with a bridge that has these addresses. The test's process gets a network of its own, so nothing of it is
 * seen outside.
 */
export async function openGround(bridge: string, addresses: readonly string[]): Promise<EngineGround> {
  check('unshare', 'network', unshare(CLONE_NEWNET));
  const programs = new HostPrograms();
  const given = addresses.map((address) => `addr add ${address} dev ${bridge} nodad\n`).join('');
  await programs.run(['ip', '-batch', '-'], {
    input: `link set lo up\nlink add ${bridge} type bridge\n${given}link set ${bridge} up\n`,
  });
  const mark = randomBytes(2).toString('hex');
  const run = await mkdtemp('/run/wadah-test-');
  await chmod(run, 0o711);
  await prepareCgroupMounts(run);
  const groups = await openCgroups({ mark, run });
  const proxies = testProxies({ programs, run, root: groups.root, mark });
  const folder = await mkdtemp('/var/tmp/wadah-engine-');
  return { mark, run, folder, programs, groups, proxies };
}

/** Takes it away with what an engine has on it, these instances too. */
export async function closeGround(
  { groups, run, folder }: EngineGround,
  engine: Engine,
  ids: readonly InstanceId[],
): Promise<void> {
  for (const id of ids) await engine.destroy(id);
  await engine.close();
  await engine.remove();
  await groups.cgroups.close();
  await unmountBelow(run);
  await rm(run, { recursive: true });
  await rm(folder, { recursive: true });
}
