import { totalmem } from 'node:os';
import type { MapShape } from '../bpf/map.ts';

/** What the programs count, in the order of `enum resource` in programs/accounts.h. */
export const countedSockets = ['tcp_sockets', 'other_sockets'] as const;

/** Goes up when programs/accounts.h lays out a map in another way: instances that run keep the maps they have. */
export const mapLayout = 1;

const accountBytes = 24;
const instances = 2 ** 14;

/** A table entry is 16 bytes: one socket for every 64 KiB of memory takes 1/4096 of it. The rest goes uncounted. */
const sockets = Math.min(Math.max(2 ** Math.floor(Math.log2(totalmem() / 2 ** 16)), 2 ** 16), 2 ** 20);

/** The maps of the programs. */
export const mapShapes = {
  /** By v2 group: its number, then held, peak and refusals of each resource. */
  accounts: {
    name: 'accounts',
    type: 'group',
    keyBytes: 8,
    valueBytes: 8 + accountBytes * countedSockets.length,
    maxEntries: 0,
  },
  /** By number of the v2 group: the limit of each resource. */
  limits: {
    name: 'limits',
    type: 'hash',
    keyBytes: 8,
    valueBytes: 8 * countedSockets.length,
    maxEntries: instances,
  },
  /** By cookie of a socket: as which resource it is charged. */
  charges: { name: 'charges', type: 'hash', keyBytes: 8, valueBytes: 8, maxEntries: sockets },
} as const satisfies Record<string, MapShape>;
