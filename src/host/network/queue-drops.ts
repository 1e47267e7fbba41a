import { closeSync } from 'node:fs';
import { systemErrorCode } from '../sys/libc.ts';
import { findLinkIndex, openRouteSocket, type RouteRequest, routeRequests } from '../sys/netlink.ts';
import { attributes } from './route-messages.ts';

const RTM_GETQDISC = 38;
/** Without it, kernels tell everybody who listens, and not who has asked. */
const NLM_F_ECHO = 8;
const TC_H_ROOT = 0xffffffff;
const TCA_STATS2 = 7;
const TCA_STATS_QUEUE = 3;
const tcmsgBytes = 20;
const dropsOffset = 8; // struct gnet_stats_queue: length, backlog, drops …

/** How many packets the queue of a link had no room for, which the link's own counts leave out; 0 without a link. */
export async function readQueueDrops(link: string): Promise<number> {
  const index = findLinkIndex(link);
  if (index === undefined) return 0;
  const socket = openRouteSocket();
  try {
    const [answer] = await routeRequests(socket, [getRootQueue(index)]);
    return answer ? parseQueueDrops(answer) : 0;
  } catch (error) {
    if (!['ENODEV', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
    return 0;
  } finally {
    closeSync(socket);
  }
}

function getRootQueue(index: number): RouteRequest {
  const body = Buffer.alloc(tcmsgBytes);
  body.writeInt32LE(index, 4);
  body.writeUInt32LE(TC_H_ROOT, 12);
  return { type: RTM_GETQDISC, flags: NLM_F_ECHO, body, object: `queue of link ${index}` };
}

/** Reads the kernel's answer. */
export function parseQueueDrops(answer: Buffer): number {
  const stats = attributes(answer.subarray(tcmsgBytes)).get(TCA_STATS2);
  return (stats && attributes(stats).get(TCA_STATS_QUEUE)?.readUInt32LE(dropsOffset)) ?? 0;
}
