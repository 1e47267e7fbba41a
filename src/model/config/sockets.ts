import { key } from './key.ts';
import { count } from './kinds.ts';

const sockets = { kind: count(0), types: ['container'], live: ['container'] } as const;

/** Objects of the kernel that a container may hold; which others are only counted, docs/reference/counters.md tells. */
export const socketKeys = {
  'limits.tcp_sockets': key({
    ...sockets,
    help: 'TCP sockets it may have, connections that others make to it too',
  }),
  'limits.other_sockets': key({
    ...sockets,
    help: 'UDP, raw and other internet sockets it may have',
  }),
};
