import path from 'node:path';
import { CrunEngine } from '#engine/container/crun-engine.ts';
import type { Engine } from '#engine/engine.ts';
import { sshGuestAccess } from '#engine/vm/guest/ssh-guest-access.ts';
import { QemuEngine } from '#engine/vm/qemu-engine.ts';
import { HostBeancounters } from '#host/beancounters/host-beancounters.ts';
import { GuestPaths } from '#host/guest-paths/guest-paths.ts';
import { Lxcfs } from '#host/lxcfs/lxcfs.ts';
import { findProgram } from '#host/process/find-program.ts';
import { HostProxies } from '#host/proxy/host-proxies.ts';
import type { Proxies } from '#host/proxy/proxies.ts';
import { Reboots } from '#host/reboots/reboots.ts';
import { isFault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';
import { MeasuredAcceleration } from './acceleration.ts';
import type { Parts } from './parts.ts';

type Ground = Pick<Parts, 'claims' | 'run' | 'programs' | 'groups' | 'kvm' | 'logger'>;

/** The engines of this host, by the type of instance that they run. */
export function makeEngines(ground: Ground): ReadonlyMap<InstanceType, Engine> {
  const proxies = makeProxies(ground);
  const engines = [makeCrun(ground, proxies), makeQemu(ground, proxies)].filter(
    (engine) => engine !== undefined,
  );
  return new Map(engines.map((engine) => [engine.type, engine]));
}

/** One for both kinds: no two of them can listen in the same place. */
function makeProxies({ claims, run, programs, groups, logger }: Ground): Proxies {
  return HostProxies.make({
    mark: claims.mark,
    programs,
    program: path.join(import.meta.dirname, 'proxy.mjs'),
    folder: path.join(run, 'proxy'),
    leaf: path.join(groups.root, 'proxy'),
    logger,
  });
}

function makeCrun({ claims, run, programs, groups, logger }: Ground, proxies: Proxies): Engine {
  const { cgroups, placement, root } = groups;
  const guestPaths = new GuestPaths(programs, path.join(import.meta.dirname, 'guest-paths.mjs'));
  const lxcfs = new Lxcfs({ programs, guestPaths, run, root, logger });
  const bpf = path.join(run, 'bpf');
  const beancounters = new HostBeancounters(bpf, logger);
  const reboots = new Reboots(bpf, logger);
  return new CrunEngine({
    mark: claims.mark,
    run,
    programs,
    cgroups,
    placement,
    beancounters,
    reboots,
    proxies,
    guestPaths,
    lxcfs,
    logger,
  });
}

/** A host without QEMU has containers all the same. */
function makeQemu({ run, programs, groups, kvm, logger }: Ground, proxies: Proxies): Engine | undefined {
  try {
    findProgram('qemu-system-x86_64');
  } catch (error) {
    if (!isFault(error, 'unsupported')) throw error;
    logger.warn({ hint: error.hint }, `no virtual machines: ${error.message}`);
    return undefined;
  }
  const { cgroups, placement } = groups;
  const acceleration = new MeasuredAcceleration(() => kvm.get());
  const guestAccess = sshGuestAccess;
  return new QemuEngine({ run, programs, cgroups, placement, proxies, acceleration, guestAccess, logger });
}
