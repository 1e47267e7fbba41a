import type { IoRate } from '#model/device.ts';
import { diskOf, growDisk } from '../disk.ts';

import type { VmCarrier } from './carrier.ts';

/** QEMU's path of what is behind the root disk's device, `disk` on its command line. */
const rootDevice = '/machine/peripheral/disk/virtio-backend';

/** How fast it may be used: QEMU itself lets the guest wait. */
export const diskRates: VmCarrier = {
  keys: [],
  part: (plan) => diskOf(plan).io,
  change: async (execute, plan) => {
    const { read, write } = diskOf(plan).io ?? {};
    const bytes = (rate: IoRate | undefined) => (rate && 'bytes' in rate ? rate.bytes : 0); // 0: no limit
    const operations = (rate: IoRate | undefined) => (rate && 'operations' in rate ? rate.operations : 0);
    await execute('block_set_io_throttle', {
      id: rootDevice,
      bps: 0,
      bps_rd: bytes(read),
      bps_wr: bytes(write),
      iops: 0,
      iops_rd: operations(read),
      iops_wr: operations(write),
    });
  },
};

/** How large the guest sees its disk. It grows at once, and never shrinks. */
export const diskSize: VmCarrier = {
  keys: [],
  part: (plan) => diskOf(plan).sizeBytes,
  change: (execute, plan) => growDisk(execute, diskOf(plan)),
};
