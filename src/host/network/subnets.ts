import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import type { AddressRange, Subnet } from './addresses.ts';
import { formatSubnet, overlaps, parseSubnet, subnetAround } from './addresses.ts';
import { ipJson } from './ip.ts';

/** Where networks are looked for, in this order: private ranges that few routers, VPNs and Docker begin with. */
const pools = ['10.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((text) => parseSubnet(text) as Subnet);

/** A /20 holds 4,093 instances; a bridge, at 1,023 ports, is full before. */
const prefixLength = 20;

/** The network, of the size that guests get, in which an IPv4 address lies. */
export function guestNetworkAround(address: string): Subnet | undefined {
  return parseSubnet(`${address}/${prefixLength}`);
}

/**
 * A /20 that overlaps nothing in `taken`, the same one for the same `seed` as long as it is free.
 * Throws `insufficient` when everything is taken.
 */
export function chooseSubnet(taken: readonly AddressRange[], seed: bigint): Subnet {
  for (const pool of pools) {
    const count = 1n << BigInt(prefixLength - pool.prefixLength);
    const size = 1n << BigInt(32 - prefixLength);
    for (let step = 0n; step < count; step += 1n) {
      const candidate = subnetAround(4, pool.first + ((seed + step) % count) * size, prefixLength);
      if (!taken.some((range) => overlaps(range, candidate))) return candidate;
    }
  }
  throw new Fault('insufficient', 'There is no private IPv4 network left for the instances', {
    hint: `Routes and addresses of this host cover all of ${pools.map(formatSubnet).join(', ')}; free a /20 of it.`,
  });
}

interface RouteJson {
  type?: string;
  dst: string;
  dev?: string;
}

interface AddressJson {
  ifname?: string;
  addr_info?: { local?: string; prefixlen?: number }[];
}

/** IPv4 networks that this host has addresses in or routes to, except by the link `bridge`. */
export async function networksInUse(programs: Programs, bridge: string): Promise<Subnet[]> {
  const purpose = 'look for a free network';
  const [routes, links] = await Promise.all([
    ipJson<RouteJson>(programs, ['-4', 'route', 'show', 'table', 'all'], purpose),
    ipJson<AddressJson>(programs, ['-4', 'address', 'show'], purpose),
  ]);
  return [...routedNetworks(routes, bridge), ...addressNetworks(links, bridge)];
}

const leadsNowhere = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

function routedNetworks(routes: readonly RouteJson[], bridge: string): Subnet[] {
  return routes
    .filter(({ type = 'unicast', dev }) => !leadsNowhere.has(type) && dev !== bridge)
    .flatMap(({ dst }) => parseSubnet(dst.includes('/') ? dst : `${dst}/32`) ?? [])
    .filter(isNoDefaultRoute);
}

/** VPNs split the default route in halves and quarters; that says nothing about who has which address. */
const isNoDefaultRoute = (route: Subnet): boolean => route.prefixLength >= 8;

function addressNetworks(links: readonly AddressJson[], bridge: string): Subnet[] {
  return links
    .filter(({ ifname }) => ifname !== bridge)
    .flatMap(({ addr_info = [] }) => addr_info)
    .flatMap(({ local, prefixlen }) => parseSubnet(`${local}/${prefixlen}`) ?? []);
}
