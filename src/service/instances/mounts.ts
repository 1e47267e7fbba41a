import { existsSync } from 'node:fs';
import type { FolderIo, MountPlan, NodeSource } from '#engine/engine.ts';
import { readDeviceNumber } from '#host/sys/device-nodes.ts';
import {
  type DeviceOptions,
  type Devices,
  type DiskValues,
  readDisk,
  readUnix,
  type UnixValues,
} from '#model/device.ts';
import { Fault } from '#model/fault.ts';
import type { InstanceType } from '#model/instance.ts';

/**
 * What of the host an instance sees besides its root, in the order of the paths, so that what lies in another comes
 * after it. Throws `invalid`, and `not-found` for what the host lacks.
 */
export function planMounts(type: InstanceType, devices: Devices): MountPlan[] {
  requireOneRoot(devices);
  const plans = Object.entries(devices).flatMap(([name, options]) => planMount(type, name, options) ?? []);
  return plans.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function requireOneRoot(devices: Devices): void {
  const roots = Object.keys(devices).filter(
    (name) => devices[name]?.['type'] === 'disk' && devices[name]['path'] === '/',
  );
  if (roots.length < 2) return;
  throw new Fault('invalid', `There can be one root disk, not ${roots.length}: ${roots.join(', ')}`);
}

function planMount(type: InstanceType, name: string, options: DeviceOptions): MountPlan | undefined {
  switch (options['type']) {
    case 'disk':
      return options['path'] === '/' ? requireRoot(type, name, options) : planDisk(type, name, options);
    case 'unix-char':
      return planNode(name, 'char', options);
    case 'unix-block':
      return planNode(name, 'block', options);
    default:
      return undefined;
  }
}

function requireRoot(type: InstanceType, name: string, options: DeviceOptions): undefined {
  if (options['source'] !== undefined) {
    throw new Fault('invalid', `Device "${name}": the root disk has no source`);
  }
  if (type !== 'virtual-machine' || options['size.inodes'] === undefined) return;
  throw new Fault('unsupported', `Device "${name}": the guest decides how many inodes are on its disk`, {
    hint: 'Unset size.inodes: it is for containers.',
  });
}

function planDisk(type: InstanceType, name: string, options: DeviceOptions): MountPlan | undefined {
  if (type !== 'container') {
    throw new Fault('unsupported', `Device "${name}": a ${type} has no disk besides its root disk`);
  }
  const values = readDisk(options);
  const { source, isRequired, sizeBytes, inodes, isReadOnly, isShifted, isRecursive } = values;
  const path = options['path'] ?? '';
  if (!source) throw new Fault('invalid', `Device "${name}" needs the option source`);
  if (source === 'memory') {
    requireNoRates(name, values);
    return { path, source: { kind: 'memory', sizeBytes, inodes, isReadOnly } };
  }
  requireNoSize(name, values);
  if (existsSync(source.folder)) {
    return { path, source: { kind: 'folder', path: source.folder, isReadOnly, isShifted, isRecursive } };
  }
  if (isRequired) throw missing(name, source.folder, 'To start without it: required=false.');
  return undefined;
}

function requireNoRates(name: string, { readRate, writeRate }: DiskValues): void {
  if (!readRate && !writeRate) return;
  throw new Fault(
    'invalid',
    `Device "${name}": what lies in memory is on no disk that could be slowed down`,
    {
      hint: 'Unset limits.read, limits.write and limits.max.',
    },
  );
}

function requireNoSize(name: string, { sizeBytes, inodes }: DiskValues): void {
  if (sizeBytes === undefined && inodes === undefined) return;
  throw new Fault('invalid', `Device "${name}": a folder of the host has no size of its own`, {
    hint: 'Unset size and size.inodes; those of root disks and of tmpfs: hold.',
  });
}

/** How fast disks of the host may be used because folders on them are seen inside. */
export function planFolderIo(devices: Devices): FolderIo[] {
  return Object.values(devices).flatMap((options) => {
    if (options['type'] !== 'disk') return [];
    const { source, readRate, writeRate } = readDisk(options);
    if (!source || source === 'memory' || !existsSync(source.folder) || !(readRate || writeRate)) return [];
    return [{ path: source.folder, io: { read: readRate, write: writeRate } }];
  });
}

function planNode(name: string, type: NodeSource['type'], options: DeviceOptions): MountPlan {
  const values = readUnix(options);
  if (!values) throw new Fault('invalid', `Device "${name}" needs the option path, or source`);
  const { path, source, ...owner } = values;
  return { path, source: { kind: 'node', type, ...owner, ...numberOf(name, type, source) } };
}

function numberOf(name: string, type: NodeSource['type'], source: UnixValues['source']) {
  if ('major' in source) return source;
  const found = readDeviceNumber(source.path);
  if (!found) throw missing(name, source.path);
  if (found.type === type) return { major: found.major, minor: found.minor };
  throw new Fault('invalid', `Device "${name}": ${source.path} is a ${found.type} device`, {
    hint: `Give it the type unix-${found.type}.`,
  });
}

const missing = (name: string, path: string, hint?: string): Fault =>
  new Fault('not-found', `Device "${name}": this host has no ${path}`, hint === undefined ? {} : { hint });
