import { totalmem } from 'node:os';
import type { MapShape } from '../bpf/map.ts';

/** What programs of the group count wherever there is eBPF. */
export const socketResources = ['tcp_sockets', 'other_sockets'] as const;
/** What programs in front of security functions count, where the kernel takes such. */
export const securityResources = ['unix_sockets', 'files', 'terminals'] as const;
/** In the order of `enum resource` in programs/accounts.h. */
export const programResources = [...socketResources, ...securityResources] as const;

export type ProgramResource = (typeof programResources)[number];

/** Goes up when programs/accounts.h lays out a map in another way: instances that run keep the maps they have. */
export const mapLayout = 3;

/** Of one resource: held, peak, refusals, each of eight bytes. */
export const accountBytes = 24;
const instances = 2 ** 14;

/** A place in the table takes 16 bytes: one object for every 32 KiB of memory takes 1/2048 of it. The rest goes uncounted. */
const objects = Math.min(Math.max(2 ** Math.floor(Math.log2(totalmem() / 2 ** 15)), 2 ** 16), 2 ** 21);

/** The maps of the programs. */
export const mapShapes = {
  /** By v2 group, and gone with it: its number, bits of the resources whose programs are attached, limit of each. */
  followed: {
    name: 'followed',
    type: 'group',
    keyBytes: 8,
    valueBytes: 16 + 8 * programResources.length,
    maxEntries: 0,
  },
  /** By number of the v2 group: the account of each resource. */
  accounts: {
    name: 'accounts',
    type: 'hash',
    keyBytes: 8,
    valueBytes: accountBytes * programResources.length,
    maxEntries: instances,
  },
  /** By cookie of a socket, or address of another object: the number of the group, and as what it is charged. */
  charges: { name: 'charges', type: 'hash', keyBytes: 8, valueBytes: 16, maxEntries: objects },
} as const satisfies Record<string, MapShape>;
