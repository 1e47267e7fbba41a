import { onBoth } from '../config/key.ts';
import { bytes, oneOf } from '../config/kinds.ts';
import { type DeviceType, matching, option } from './option.ts';

export const disk: DeviceType = {
  help: 'The root disk',
  types: onBoth,
  hotplug: [],
  options: {
    path: option({
      kind: matching(/^\/$/, '/'),
      help: 'Where it appears inside; / is the root disk',
      isRequired: true,
    }),
    pool: option({ kind: oneOf('default'), help: 'Pool that it lies in' }),
    size: option({
      kind: bytes(1),
      live: ['virtual-machine'],
      help: 'Size of the disk of a virtual machine; unset: 10GiB. Containers share the room of the pool',
    }),
  },
};
