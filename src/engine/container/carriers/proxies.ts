import type { Cgroups } from '#host/cgroup/cgroups.ts';
import type { ProxiedGuest } from '#host/proxy/proxies.ts';
import { forwardsOf, proxiedGuest } from '../../carriers/proxied.ts';
import type { RunHandle, RunPlan } from '../../engine.ts';
import type { ContainerCarrier } from './carrier.ts';

/** What is forwarded between the host and its inside. */
export const proxies: ContainerCarrier = {
  keys: [],
  part: forwardsOf,
  connect: ({ proxies, cgroups }, plan, handle) =>
    proxies.serve(proxiedContainer(plan, handle, cgroups), plan.forwards ?? []),
};

export const proxiedContainer = (
  plan: RunPlan,
  { pid, startTime }: RunHandle,
  cgroups: Pick<Cgroups, 'folders'>,
): ProxiedGuest => ({
  ...proxiedGuest(plan),
  running: {
    id: plan.id,
    pid,
    startTime,
    group: cgroups.folders(plan.id).group,
    idBase: plan.idRange?.base ?? 0,
  },
});
