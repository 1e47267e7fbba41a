import { processResources, type Settings } from '#model/config-keys.ts';
import type { RunPlan } from '../../engine.ts';
import { partOf } from '../../carriers/carrier.ts';
import { guestCapabilities, privilegedCapabilities } from '../capabilities.ts';
import type { OciProcess, OciRlimit } from '../oci.ts';
import type { HostOffer } from '../spec.ts';
import type { ContainerCarrier } from './carrier.ts';

const usualSoftFiles = 1024;

/** What init may do, and whatever else is started inside. */
export function guestRights(
  { idRange, settings }: Pick<RunPlan, 'idRange' | 'settings'>,
  { openFilesMax, capabilities }: Pick<HostOffer, 'openFilesMax' | 'capabilities'>,
): Pick<OciProcess, 'capabilities' | 'rlimits'> {
  const names = idRange ? guestCapabilities(settings) : privilegedCapabilities(settings, capabilities);
  return {
    capabilities: { bounding: names, effective: names, permitted: names, inheritable: [] },
    rlimits: processLimits(settings, openFilesMax),
  };
}

/** Those that nobody asked for are the daemon's own, but for one. */
function processLimits(settings: Settings, openFilesMax: number): OciRlimit[] {
  const asked = processResources.flatMap((resource) => {
    const limit = settings[`limits.kernel.${resource}`];
    return limit ? [rlimit(resource, limit.soft ?? Infinity, limit.hard ?? Infinity)] : [];
  });
  if (settings['limits.kernel.nofile']) return asked;
  // Node raises the soft limit for itself; programs that loop over all descriptors want the usual one.
  return [rlimit('nofile', Math.min(usualSoftFiles, openFilesMax), openFilesMax), ...asked];
}

/** As much as a number in JSON says exactly; nothing comes near. */
const unlimited = Number.MAX_SAFE_INTEGER;

const rlimit = (resource: string, soft: number, hard: number): OciRlimit => ({
  type: `RLIMIT_${resource.toUpperCase()}`,
  soft: Math.min(soft, unlimited),
  hard: Math.min(hard, unlimited),
});

const capabilityKeys = ['security.capabilities.add', 'security.capabilities.drop'] as const;

/** Capabilities of root inside. */
export const rights: ContainerCarrier = {
  keys: capabilityKeys,
  part: partOf(...capabilityKeys),
};

const limitKeys = processResources.map((resource) => `limits.kernel.${resource}` as const);

/** What the kernel limits of each process. */
export const processRights: ContainerCarrier = { keys: limitKeys, part: partOf(...limitKeys) };
