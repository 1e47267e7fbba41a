import { Fault } from '#model/fault.ts';
import type { Programs } from '../process/programs.ts';
import { ipBatch, ipJson } from './ip.ts';

/** A bridge as it should be. */
export interface BridgePlan {
  name: string;
  mac: string;
  /** The host's own addresses on it, in CIDR form. */
  addresses: readonly string[];
}

/** A bridge as it is. */
export interface ObservedBridge {
  mac: string;
  isUp: boolean;
  /** Of global scope, in CIDR form. */
  addresses: string[];
}

interface LinkJson {
  address?: string;
  flags?: string[];
  linkinfo?: { info_kind?: string };
  addr_info?: { local: string; prefixlen: number; scope: string }[];
}

/** Throws `host` when there is a link of that name which is no bridge. */
export async function findBridge(programs: Programs, name: string): Promise<ObservedBridge | undefined> {
  const args = ['-details', 'address', 'show', 'dev', name];
  const [link] = await ipJson<LinkJson>(programs, args, `look at bridge ${name}`);
  if (!link) return undefined;
  if (link.linkinfo?.info_kind !== 'bridge') throw noBridge(name);
  return {
    mac: link.address ?? '',
    isUp: link.flags?.includes('UP') ?? false,
    addresses: (link.addr_info ?? [])
      .filter(({ scope }) => scope === 'global')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  };
}

/** Lines for `ip -batch` that make a bridge. Its settings below /proc/sys appear with it. */
export function planBridgeLink({ name, mac }: BridgePlan, observed: ObservedBridge | undefined): string[] {
  // Without spanning tree and delay a port passes packets at once. Snooping would let a guest that plays
  // multicast querier decide which neighbour requests reach the others.
  const kind = 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0';
  // A MAC that was set stays; otherwise the bridge takes that of its lowest port, and guests lose their gateway.
  if (!observed) return [`link add ${name} address ${mac} ${kind}`];
  return observed.mac === mac ? [] : [`link set ${name} address ${mac}`];
}

/** Lines for `ip -batch` that give a bridge its addresses and switch it on. */
export function planBridgeAddresses(plan: BridgePlan, observed: ObservedBridge | undefined): string[] {
  const { name, addresses } = plan;
  const present = observed?.addresses ?? [];
  return [
    ...present.filter((one) => !addresses.includes(one)).map((one) => `address del ${one} dev ${name}`),
    ...addresses.filter((one) => !present.includes(one)).map((one) => addAddress(name, one)),
    ...(observed?.isUp ? [] : [`link set ${name} up`]),
  ];
}

function addAddress(bridge: string, address: string): string {
  // A bridge without ports has no carrier: duplicate address detection would wait for one.
  return `address add ${address} dev ${bridge}${address.includes(':') ? ' nodad' : ''}`;
}

/** Names of the links that are ports of the bridge. */
export async function bridgePorts(programs: Programs, bridge: string): Promise<string[]> {
  const args = ['link', 'show', 'master', bridge];
  const links = await ipJson<{ ifname?: string }>(programs, args, `look at the ports of bridge ${bridge}`);
  return links.flatMap(({ ifname }) => ifname ?? []);
}

/** Nothing there: succeeds. */
export async function removeBridge(programs: Programs, name: string): Promise<void> {
  if (await findBridge(programs, name))
    await ipBatch(programs, [`link del ${name}`], `remove bridge ${name}`);
}

function noBridge(name: string): Fault {
  return new Fault('host', `The link "${name}" is no bridge`, {
    hint: `Rename or remove it: ip link set ${name} name other0`,
  });
}
