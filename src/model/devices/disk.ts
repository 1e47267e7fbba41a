import { onBoth } from '../config/key.ts';
import { bytes, oneOf } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import { type DeviceType, matching, option } from './option.ts';
import { type IoRate, ioRate } from './rate.ts';

const size = bytes(1);

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
      kind: size,
      live: ['virtual-machine'],
      help: 'Size of the disk of a virtual machine; unset: 10GiB. Containers share the room of the pool',
    }),
    'limits.read': option({ kind: ioRate, live: onBoth, help: 'How fast it may be read' }),
    'limits.write': option({ kind: ioRate, live: onBoth, help: 'How fast it may be written' }),
    'limits.max': option({ kind: ioRate, live: onBoth, help: 'The same as both of them' }),
  },
};

/** What the options of a valid disk device mean. */
export interface DiskValues {
  sizeBytes: number | undefined;
  readRate: IoRate | undefined;
  writeRate: IoRate | undefined;
}

export function readDisk(options: DeviceOptions): DiskValues {
  const rate = (name: string) => ioRate.parse(options[name] ?? options['limits.max'] ?? '');
  return {
    sizeBytes: size.parse(options['size'] ?? ''),
    readRate: rate('limits.read'),
    writeRate: rate('limits.write'),
  };
}
