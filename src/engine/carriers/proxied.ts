import type { ProxiedGuest } from '#host/proxy/proxies.ts';
import type { RunPlan } from '../engine.ts';

/** What the host's proxies need to know of an instance of any kind. */
export const proxiedGuest = ({ id, name, nics }: RunPlan): ProxiedGuest => ({
  id,
  name,
  addresses: nics.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].flatMap((each) => (each ? [each.address] : []))),
});

/** As a carrier's part: nothing, where nothing is forwarded. */
export const forwardsOf = ({ forwards }: RunPlan): unknown => (forwards?.length ? forwards : undefined);
