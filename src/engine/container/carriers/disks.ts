import { dirname } from 'node:path';
import type { DeviceIo } from '#host/cgroup/cgroups.ts';
import { blockDeviceOf } from '#host/storage/block-device.ts';
import type { IoRate } from '#model/device.ts';
import type { IoLimits, RunPlan } from '../../engine.ts';
import { overlayOf } from '../rootfs.ts';
import type { ContainerCarrier } from './carrier.ts';

/**
 * How fast the disks of the host may be used: the one on which the upper layer of the root lies, and those of folders.
 * The kernel knows disks and no folders, so where several lie on one disk, the lowest rate is that of all of them.
 */
export const diskRates: ContainerCarrier = {
  keys: [],
  part: (plan) => (overlayOf(plan).io || plan.folderIo?.length ? rates(plan) : undefined),
  limit: ({ cgroups }, plan) => cgroups.setLimits(plan.id, { io: byDevice(rates(plan)) }),
};

function rates(plan: RunPlan): { path: string; io: IoLimits }[] {
  const { io, upper } = overlayOf(plan);
  return [...(io ? [{ path: dirname(upper), io }] : []), ...(plan.folderIo ?? [])];
}

/** Throws `unsupported` for a path that is on no disk. */
function byDevice(limits: readonly { path: string; io: IoLimits }[]): DeviceIo[] {
  const found = new Map<string, DeviceIo>();
  for (const { path, io } of limits) {
    const device = blockDeviceOf(path).number;
    found.set(device, lower(deviceIo(device, io), found.get(device)));
  }
  return [...found.values()];
}

function lower(one: DeviceIo, other: DeviceIo | undefined): DeviceIo {
  if (!other) return one;
  const least = (name: Exclude<keyof DeviceIo, 'device'>): number | undefined =>
    one[name] === undefined || other[name] === undefined
      ? (one[name] ?? other[name])
      : Math.min(one[name], other[name]);
  return {
    device: one.device,
    readBytes: least('readBytes'),
    writeBytes: least('writeBytes'),
    readOperations: least('readOperations'),
    writeOperations: least('writeOperations'),
  };
}

const deviceIo = (device: string, { read, write }: IoLimits): DeviceIo => ({
  device,
  readBytes: bytesOf(read),
  writeBytes: bytesOf(write),
  readOperations: operationsOf(read),
  writeOperations: operationsOf(write),
});

const bytesOf = (rate: IoRate | undefined): number | undefined =>
  rate && 'bytes' in rate ? rate.bytes : undefined;

const operationsOf = (rate: IoRate | undefined): number | undefined =>
  rate && 'operations' in rate ? rate.operations : undefined;
