import { dirname } from 'node:path';
import type { DeviceIo } from '#host/cgroup/cgroups.ts';
import { blockDeviceOf } from '#host/storage/block-device.ts';
import type { IoRate } from '#model/device.ts';
import type { IoLimits } from '../../engine.ts';
import { overlayOf } from '../rootfs.ts';
import type { ContainerCarrier } from './carrier.ts';

/** How fast the root disk may be used, by the disk of the host on which its upper layer lies. */
export const diskRates: ContainerCarrier = {
  keys: [],
  part: (plan) => overlayOf(plan).io,
  limit: ({ cgroups }, plan) => {
    const { io, upper } = overlayOf(plan);
    return cgroups.setLimits(plan.id, { io: io ? [deviceIo(dirname(upper), io)] : [] });
  },
};

function deviceIo(path: string, { read, write }: IoLimits): DeviceIo {
  return {
    device: blockDeviceOf(path).number,
    readBytes: bytesOf(read),
    writeBytes: bytesOf(write),
    readOperations: operationsOf(read),
    writeOperations: operationsOf(write),
  };
}

const bytesOf = (rate: IoRate | undefined): number | undefined =>
  rate && 'bytes' in rate ? rate.bytes : undefined;

const operationsOf = (rate: IoRate | undefined): number | undefined =>
  rate && 'operations' in rate ? rate.operations : undefined;
