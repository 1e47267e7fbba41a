import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { read } from './files.ts';

/** What went to and from one disk of the host. */
export interface DiskTraffic {
  readBytes: number;
  writtenBytes: number;
  reads: number;
  writes: number;
}

/**
 * By the names of disks (`vda`, `loop3`). What goes to a loop device goes on to the disk that its file lies on, and may
 * be found there as well: a sum over all would count it twice.
 */
export type TrafficByDisk = Record<string, DiskTraffic>;

/** From lines such as `254:0 rbytes=1 wbytes=2 rios=3 wios=4`, of a v2 group. */
export function readIoStat(group: string): TrafficByDisk {
  const lines = (read(group, 'io.stat') ?? '').matchAll(/^(\d+:\d+) (.+)$/gm);
  const disks = Array.from(lines, ([, device = '', text = '']) => {
    const of = (name: string): number => Number(new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1] ?? 0);
    const traffic = {
      readBytes: of('rbytes'),
      writtenBytes: of('wbytes'),
      reads: of('rios'),
      writes: of('wios'),
    };
    return [device, traffic] as const;
  });
  return used(disks);
}

/** From lines such as `254:0 Read 4096`, of a v1 group; `''`: there is none. */
export function readBlkio(folder: string): TrafficByDisk {
  const [bytes, requests] = ['blkio.throttle.io_service_bytes', 'blkio.throttle.io_serviced'].map((file) => {
    const lines = ((folder && read(folder, file)) ?? '').matchAll(/^(\d+:\d+ \w+) (\d+)$/gm);
    return new Map(Array.from(lines, ([, what = '', number]) => [what, Number(number)]));
  });
  const devices = new Set(Array.from(bytes?.keys() ?? [], (what) => what.replace(/ .*/, '')));
  const disks = Array.from(devices, (device) => {
    const traffic = {
      readBytes: bytes?.get(`${device} Read`) ?? 0,
      writtenBytes: bytes?.get(`${device} Write`) ?? 0,
      reads: requests?.get(`${device} Read`) ?? 0,
      writes: requests?.get(`${device} Write`) ?? 0,
    };
    return [device, traffic] as const;
  });
  return used(disks);
}

/** Those that something went to or came from. */
const used = (disks: readonly (readonly [device: string, DiskTraffic])[]): TrafficByDisk =>
  Object.fromEntries(
    disks.flatMap(([device, traffic]) =>
      traffic.reads + traffic.writes > 0 ? [[nameOf(device), traffic] as const] : [],
    ),
  );

/** Of a disk that has been taken away since, its number. */
function nameOf(device: string): string {
  try {
    return basename(realpathSync(`/sys/dev/block/${device}`));
  } catch {
    return device;
  }
}
