import type { DeviceIo } from './cgroups.ts';
import { noController } from './faults.ts';
import { read, write } from './files.ts';

const v1Files = {
  'blkio.throttle.read_bps_device': 'readBytes',
  'blkio.throttle.write_bps_device': 'writeBytes',
  'blkio.throttle.read_iops_device': 'readOperations',
  'blkio.throttle.write_iops_device': 'writeOperations',
} as const;
const v2Keys = {
  rbps: 'readBytes',
  wbps: 'writeBytes',
  riops: 'readOperations',
  wiops: 'writeOperations',
} as const;

/** Throttles a v1 group; `folder` is `undefined` where the host has no such controller. */
export async function limitIoV1(folder: string | undefined, limits: readonly DeviceIo[]): Promise<void> {
  if (folder === undefined) {
    if (limits.length > 0) throw noController('blkio');
    return;
  }
  for (const [file, of] of Object.entries(v1Files)) {
    const wanted = new Map(limits.map((limit) => [limit.device, limit[of]]));
    for (const device of [...devicesIn(folder, file), ...wanted.keys()]) {
      await write(folder, file, `${device} ${wanted.get(device) ?? 0}`); // 0: no limit
    }
  }
}

/** Throttles a v2 group. */
export async function limitIoV2(folder: string, limits: readonly DeviceIo[]): Promise<void> {
  if (read(folder, 'io.max') === undefined) {
    if (limits.length > 0) throw noController('io');
    return;
  }
  const wanted = new Map(limits.map((limit) => [limit.device, limit]));
  for (const device of new Set([...devicesIn(folder, 'io.max'), ...wanted.keys()])) {
    const limit = wanted.get(device);
    const parts = Object.entries(v2Keys).map(([key, of]) => `${key}=${limit?.[of] ?? 'max'}`);
    await write(folder, 'io.max', `${device} ${parts.join(' ')}`);
  }
}

/** Those that have a limit already. */
const devicesIn = (folder: string, file: string): string[] =>
  Array.from((read(folder, file) ?? '').matchAll(/^(\d+:\d+) /gm), ([, device = '']) => device);
