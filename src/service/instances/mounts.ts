import { existsSync } from 'node:fs';
import type { MountPlan, NodeSource } from '#engine/engine.ts';
import { readDeviceNumber } from '#host/sys/device-nodes.ts';
import { type DeviceOptions, type Devices, readDisk, readUnix, type UnixValues } from '#model/device.ts';
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
      return options['path'] === '/' ? requireNoSource(name, options) : planDisk(type, name, options);
    case 'unix-char':
      return planNode(name, 'char', options);
    case 'unix-block':
      return planNode(name, 'block', options);
    default:
      return undefined;
  }
}

function requireNoSource(name: string, { source }: DeviceOptions): undefined {
  if (source !== undefined) throw new Fault('invalid', `Device "${name}": the root disk has no source`);
}

function planDisk(type: InstanceType, name: string, options: DeviceOptions): MountPlan | undefined {
  if (type !== 'container') {
    throw new Fault('unsupported', `Device "${name}": a ${type} has no disk besides its root disk`);
  }
  const { source, isRequired, sizeBytes, isReadOnly, isShifted, isRecursive } = readDisk(options);
  const path = options['path'] ?? '';
  if (!source) throw new Fault('invalid', `Device "${name}" needs the option source`);
  if (source === 'memory') return { path, source: { kind: 'memory', sizeBytes, isReadOnly } };
  if (existsSync(source.folder)) {
    return { path, source: { kind: 'folder', path: source.folder, isReadOnly, isShifted, isRecursive } };
  }
  if (isRequired) throw missing(name, source.folder, 'To start without it: required=false.');
  return undefined;
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
