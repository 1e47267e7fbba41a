import { closeSync } from 'node:fs';
import { openRouteSocket, routeRequests } from '../sys/netlink.ts';
import { openTap } from '../sys/tap.ts';
import { joinBridge } from './route-messages.ts';
import { bridgeIndex, indexOf, noIpv6OnPort } from './veth.ts';

/** A virtual machine's NIC: on the host a link, for the machine a descriptor for each of its queues. */
export interface Tap {
  hostName: string;
  bridge: string;
  mtu: number | undefined;
  /** At least 1. Packets of different connections can be worked on at once. */
  queues: number;
}

/**
 * Makes the host's links, up and on their bridges, and returns the descriptors of each, in the same order. A link
 * goes with the last copy of the last of them. Throws `host`, `unsupported`.
 */
export async function makeTaps(taps: readonly Tap[]): Promise<number[][]> {
  if (taps.length === 0) return [];
  const descriptors: number[][] = [];
  const socket = openRouteSocket();
  try {
    for (const { hostName, queues } of taps) {
      const own: number[] = [];
      descriptors.push(own);
      for (let queue = 0; queue < queues; queue += 1) {
        own.push(openTap(hostName, { hasQueues: queues > 1 }));
      }
      noIpv6OnPort(hostName);
    }
    const joins = taps.map(({ hostName, bridge, mtu }) =>
      joinBridge(indexOf(hostName), bridgeIndex(bridge), mtu),
    );
    await routeRequests(socket, joins);
    return descriptors;
  } catch (error) {
    for (const descriptor of descriptors.flat()) closeSync(descriptor);
    throw error;
  } finally {
    closeSync(socket);
  }
}
