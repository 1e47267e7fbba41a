import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Fault } from '#model/fault.ts';
import { systemErrorCode } from '../sys/libc.ts';
import { inNetworkNamespace } from '../sys/namespaces.ts';
import { findLinkIndex, openRouteSocket, type RouteRequest, routeRequests } from '../sys/netlink.ts';
import {
  deleteLink,
  getLink,
  type LinkReport,
  linkUp,
  newAddress,
  newDefaultRoute,
  newVeth,
  parseLink,
} from './route-messages.ts';

/** A guest's NIC: a pair of virtual Ethernet devices, one end on a bridge of the host, one inside. */
export interface Veth {
  /** Name inside. */
  name: string;
  hostName: string;
  bridge: string;
  mac: string;
  mtu: number | undefined;
  ipv4: VethAddress | undefined;
  ipv6: VethAddress | undefined;
}

export interface VethAddress {
  /** In CIDR form. */
  address: string;
  gateway: string;
}

/**
 * Makes the NICs of a fresh network namespace, ready to use: joined to their bridges, with addresses and default
 * routes. Loopback too. By netlink rather than `ip`, which took a quarter of a container's start. Throws `host`.
 */
export async function wireNamespace(namespacePath: string, nics: readonly Veth[]): Promise<void> {
  await makePairs(namespacePath, nics);
  for (const { hostName } of nics) noIpv6OnPort(hostName);
  const { socket, loopback, ends } = inNetworkNamespace(namespacePath, () => ({
    socket: openRouteSocket(),
    loopback: indexOf('lo'),
    ends: nics.map((nic) => {
      acceptOnlyOwnIpv6(nic.name);
      return { nic, index: indexOf(nic.name) };
    }),
  }));
  await withSocket(socket, [linkUp(loopback), ...ends.flatMap(configure)]);
}

async function makePairs(namespacePath: string, nics: readonly Veth[]): Promise<void> {
  if (nics.length === 0) return;
  const namespaceFd = openSync(namespacePath, 'r');
  try {
    const pairs = nics.map(({ hostName, bridge, mtu, name, mac }) =>
      newVeth({ hostName, bridge: bridgeIndex(bridge), mtu, guest: { name, mac, namespaceFd } }),
    );
    await withSocket(openRouteSocket(), pairs);
  } finally {
    closeSync(namespaceFd);
  }
}

/** Above the one that the kernel gives to an IPv6 route without. */
const laterMetric = 1024;

function configure({ nic, index }: { nic: Veth; index: number }, position: number): RouteRequest[] {
  const given = [nic.ipv4, nic.ipv6].filter((family) => family !== undefined);
  // The kernel takes no second default route of the same metric: the first NIC is the way out while it is up.
  const metric = position === 0 ? undefined : laterMetric + position;
  return [
    linkUp(index),
    ...given.map(({ address }) => newAddress(index, address)),
    ...given.map(({ gateway }) => newDefaultRoute(index, gateway, metric)),
  ];
}

/** Takes links away; of a pair the other end as well. Those that are not there are no failure. */
export async function removeLinks(hostNames: readonly string[]): Promise<void> {
  for (const name of hostNames) {
    await withSocket(openRouteSocket(), [deleteLink(name)]).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'ENODEV') throw error;
    });
  }
}

/** What the host's end of a NIC has counted; `undefined` when it is not there. */
export async function readVeth(hostName: string): Promise<LinkReport | undefined> {
  try {
    const [answer] = await withSocket(openRouteSocket(), [getLink(hostName)]);
    return answer && parseLink(answer);
  } catch (error) {
    if (systemErrorCode(error) === 'ENODEV') return undefined;
    throw error;
  }
}

async function withSocket(socket: number, requests: readonly RouteRequest[]): Promise<Buffer[]> {
  try {
    return await routeRequests(socket, requests);
  } finally {
    closeSync(socket);
  }
}

/** Number of a link of this namespace. Throws `host` when it is not there. */
export function indexOf(name: string): number {
  const index = findLinkIndex(name);
  if (index === undefined) throw new Fault('host', `There is no link ${name}`);
  return index;
}

/** As `indexOf`, for a bridge of ours. */
export function bridgeIndex(name: string): number {
  const index = findLinkIndex(name);
  if (index !== undefined) return index;
  throw new Fault('host', `The bridge ${name} is not there`, {
    hint: 'Restart the daemon: it makes its bridge when it starts.',
  });
}

/** A port is no party of its own in the network behind it. */
export function noIpv6OnPort(hostName: string): void {
  writeIpv6Setting(hostName, 'disable_ipv6', 1);
}

/** It has the address that it was given, at once; one that it made up from announcements would be filtered. */
function acceptOnlyOwnIpv6(name: string): void {
  writeIpv6Setting(name, 'accept_ra', 0);
  writeIpv6Setting(name, 'accept_dad', 0);
}

function writeIpv6Setting(link: string, setting: string, value: number): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${link}/${setting}`, String(value));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error; // a host without IPv6
  }
}
