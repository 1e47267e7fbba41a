import { forwardsOf, proxiedGuest } from '../../carriers/proxied.ts';
import type { VmCarrier } from './carrier.ts';

/** Packets that are led to its address. */
export const proxies: VmCarrier = {
  keys: [],
  part: forwardsOf,
  wire: ({ proxies }, plan) => proxies.serve(proxiedGuest(plan), plan.forwards ?? []),
};
