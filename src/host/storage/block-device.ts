import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readMounts } from '../mount/mountinfo.ts';
import { Fault } from '#model/fault.ts';

/** The disk on which a file lies, as a whole: limits and schedulers know no partitions. */
export interface BlockDevice {
  /** `254:0` */
  number: string;
  /** `vda` */
  name: string;
  /** What the kernel lets it choose whose turn is next: `none`, `mq-deadline`, `bfq` … */
  scheduler: string;
}

/** Throws `unsupported` for files that lie on no disk: in memory, or on another machine. */
export function blockDeviceOf(path: string): BlockDevice {
  const folder = folderOf(statSync(path).dev);
  const found = existsSync(folder) ? folder : folderOfSource(path);
  if (found === undefined) throw onNoDisk(path);
  const real = realpathSync(found);
  const disk = existsSync(join(real, 'partition')) ? dirname(real) : real;
  return {
    number: readFileSync(join(disk, 'dev'), 'utf8').trim(),
    name: basename(disk),
    scheduler: schedulerOf(disk),
  };
}

const numberOf = (device: number): string =>
  `${(device >>> 8) & 0xfff}:${(device & 0xff) | ((device >>> 12) & 0xfff00)}`;

const folderOf = (device: number): string => `/sys/dev/block/${numberOf(device)}`;

/** Of file systems that hide their disk behind a number of their own (btrfs). */
function folderOfSource(path: string): string | undefined {
  const number = numberOf(statSync(path).dev);
  const mount = readMounts().find(({ device }) => device === number);
  if (!mount?.source.startsWith('/dev/') || !existsSync(mount.source)) return undefined;
  return folderOf(statSync(mount.source).rdev);
}

function schedulerOf(disk: string): string {
  const file = join(disk, 'queue/scheduler');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /\[([^\]]+)\]/.exec(text)?.[1] ?? 'none';
}

function onNoDisk(path: string): Fault {
  return new Fault('unsupported', `${path} lies on no disk of this host whose use could be limited`);
}
