import { key } from './key.ts';
import { count } from './kinds.ts';

const objects = { kind: count(0), types: ['container'], live: ['container'] } as const;

/** Objects of the kernel that a container may hold; which others are only counted, docs/reference/counters.md tells. */
export const beancounterKeys = {
  'limits.tcp_sockets': key({
    ...objects,
    help: 'TCP sockets it may have, connections that others make to it too',
  }),
  'limits.other_sockets': key({
    ...objects,
    help: 'UDP, raw and other internet sockets it may have',
  }),
  'limits.unix_sockets': key({
    ...objects,
    help: 'Unix sockets it may have; see docs/reference/counters.md for hosts that cannot limit them',
  }),
  'limits.files': key({
    ...objects,
    help: 'Files, pipes and sockets its processes may have open in all; see docs/reference/counters.md',
  }),
  'limits.terminals': key({
    ...objects,
    help: 'Pseudo terminals it may have; see docs/reference/counters.md for hosts that cannot limit them',
  }),
};
