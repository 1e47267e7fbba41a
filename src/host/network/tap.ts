import { closeSync } from 'node:fs';
import { openRouteSocket, routeRequests } from '../sys/netlink.ts';
import { openTap } from '../sys/tap.ts';
import { joinBridge } from './route-messages.ts';
import { bridgeIndex, indexOf, noIpv6OnPort } from './veth.ts';

/** A virtual machine's NIC: on the host a link, for the machine a descriptor. */
export interface Tap {
  hostName: string;
  bridge: string;
  mtu: number | undefined;
}

/**
 * Makes the host's links, up and on their bridges, and returns a descriptor for each, in the same order. A link goes
 * with the last copy of its descriptor. Throws `host`, `unsupported`.
 */
export async function makeTaps(taps: readonly Tap[]): Promise<number[]> {
  if (taps.length === 0) return [];
  const descriptors: number[] = [];
  const socket = openRouteSocket();
  try {
    for (const { hostName } of taps) {
      descriptors.push(openTap(hostName));
      noIpv6OnPort(hostName);
    }
    const joins = taps.map(({ hostName, bridge, mtu }) =>
      joinBridge(indexOf(hostName), bridgeIndex(bridge), mtu),
    );
    await routeRequests(socket, joins);
    return descriptors;
  } catch (error) {
    for (const descriptor of descriptors) closeSync(descriptor);
    throw error;
  } finally {
    closeSync(socket);
  }
}
