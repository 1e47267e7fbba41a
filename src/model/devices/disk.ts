import { onBoth } from '../config/key.ts';
import { between, bool, bytes, oneOf } from '../config/kinds.ts';
import type { DeviceOptions } from '../device.ts';
import { absolutePath, type DeviceType, matching, option } from './option.ts';
import { type IoRate, ioRate } from './rate.ts';

const size = bytes(1);
const inodes = between(16, 999_999_999);
/** In place of a folder: a file system in memory. */
const inMemory = 'tmpfs:';

export const disk: DeviceType = {
  help: 'The root disk; of containers also a folder or file of the host, or a file system in memory',
  types: onBoth,
  hotplug: ['container'],
  options: {
    path: option({
      kind: absolutePath,
      help: 'Where it appears inside; / is the root disk',
      isRequired: true,
    }),
    source: option({
      kind: matching(/^(\/.*|tmpfs:)$/, 'an absolute path on the host, or tmpfs:'),
      help: 'Folder or file of the host that appears there; tmpfs: is a file system in memory. Not for the root disk',
    }),
    readonly: option({ kind: bool, help: 'Nothing inside can write to it' }),
    shift: option({
      kind: bool,
      help: 'Whoever owns a file on the host owns it inside: 0 is root. Unset, all of it is nobody’s inside',
    }),
    recursive: option({ kind: bool, help: 'With all that is mounted below the source' }),
    required: option({ kind: bool, help: 'false: where the source is missing, it starts without it' }),
    pool: option({ kind: oneOf('default'), help: 'Pool that the root disk lies in' }),
    size: option({
      kind: size,
      live: ['virtual-machine'],
      liveWhen: {
        container: {
          says: 'the pool has quotas, or there was one before and is one after',
          holds: (before, after) => before !== undefined && after !== undefined,
        },
      },
      help: 'How much it holds; unset: the room of the pool, of virtual machines 10GiB',
    }),
    'size.inodes': option({
      kind: inodes,
      liveWhen: { container: { says: 'the pool has quotas', holds: () => false } },
      help: 'How many files, folders and links there can be. Not for virtual machines; unset: as many as is usual for its size',
    }),
    'limits.read': option({
      kind: ioRate,
      live: onBoth,
      help: 'How fast the disk below it may be read. Of virtual machines only the root disk',
    }),
    'limits.write': option({ kind: ioRate, live: onBoth, help: 'How fast the disk below it may be written' }),
    'limits.max': option({ kind: ioRate, live: onBoth, help: 'The same as both of them' }),
  },
};

/** What the options of a valid disk device mean. */
export interface DiskValues {
  /** `undefined` for a root disk; `memory` for a file system in memory. */
  source: { folder: string } | 'memory' | undefined;
  isReadOnly: boolean;
  isShifted: boolean;
  isRecursive: boolean;
  isRequired: boolean;
  sizeBytes: number | undefined;
  inodes: number | undefined;
  readRate: IoRate | undefined;
  writeRate: IoRate | undefined;
}

export function readDisk(options: DeviceOptions): DiskValues {
  const rate = (name: string) => ioRate.parse(options[name] ?? options['limits.max'] ?? '');
  const { source } = options;
  return {
    source: source === undefined ? undefined : source === inMemory ? 'memory' : { folder: source },
    isReadOnly: bool.parse(options['readonly'] ?? '') ?? false,
    isShifted: bool.parse(options['shift'] ?? '') ?? false,
    isRecursive: bool.parse(options['recursive'] ?? '') ?? false,
    isRequired: bool.parse(options['required'] ?? '') ?? true,
    sizeBytes: size.parse(options['size'] ?? ''),
    inodes: inodes.parse(options['size.inodes'] ?? ''),
    readRate: rate('limits.read'),
    writeRate: rate('limits.write'),
  };
}
