import { etagOf } from '#base/etag.ts';
import { expand } from '#model/expand.ts';
import type { Instance } from '#model/instance.ts';
import { pendingChanges } from '#model/pending.ts';
import type { Profile } from '#model/profile.ts';
import type { InstanceDeps } from './deps.ts';
import { engineFor } from './deps.ts';
import type { InstanceStateView, InstanceView } from './instances.ts';

export function viewOf(
  deps: Pick<InstanceDeps, 'runtimes'>,
  instance: Instance,
  profiles: ReadonlyMap<string, Profile>,
): InstanceView {
  const own = instance.profiles.flatMap((name) => profiles.get(name) ?? []);
  const expanded = expand(instance, own);
  const { state, inEffect } = deps.runtimes.get(instance.id);
  return {
    instance,
    state,
    expandedConfig: expanded.config,
    expandedDevices: expanded.devices,
    pending: inEffect ? pendingChanges(inEffect, expanded) : [],
    etag: instanceEtag(instance),
  };
}

export function instanceEtag({ config, devices, profiles, description, ephemeral }: Instance): string {
  return etagOf({ config, devices, profiles, description, ephemeral });
}

/** Reads the kernel's counters; starts no program and asks no agent. */
export async function stateOf(deps: InstanceDeps, instance: Instance): Promise<InstanceStateView> {
  const runtime = deps.runtimes.get(instance.id);
  const isUp = runtime.handle !== undefined;
  return {
    state: runtime.state,
    disk: isUp ? (await deps.pool.rootUsage(instance.id, { isWhole: false })).amounts.disk : undefined,
    usage: isUp ? await engineFor(deps, instance.type).usage(instance.id) : undefined,
    addresses: isUp ? addressesOf(deps, instance) : {},
    startedAt: runtime.startedAt,
    isReady: runtime.isReady,
    failure: runtime.failure,
  };
}

function addressesOf(deps: InstanceDeps, instance: Instance): InstanceStateView['addresses'] {
  const nics = deps.networks
    .devicesOf(instance.id)
    .flatMap((device) => deps.networks.find(instance.id, device) ?? []);
  return Object.fromEntries(
    nics.map((nic) => [
      nic.name,
      { mac: nic.mac, hostName: nic.hostName, ipv4: nic.ipv4?.address, ipv6: nic.ipv6?.address },
    ]),
  );
}
