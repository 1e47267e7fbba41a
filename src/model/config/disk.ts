import { key, onBoth } from './key.ts';
import { between } from './kinds.ts';

/** What all disks of an instance have in common; how fast each may be used stands on the device. */
export const diskKeys = {
  'limits.disk.priority': key({
    kind: between(0, 10),
    default: 5,
    live: onBoth,
    help: 'Whose disks are served first where all are busy; each step is worth a quarter more. Needs the scheduler BFQ',
  }),
};
