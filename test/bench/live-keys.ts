import { type ConfigKey, configKeys } from '#model/config-keys.ts';
import { type Devices, deviceTypes } from '#model/device.ts';
import type { Config, InstanceType } from '#model/instance.ts';
import type { Watch } from './watch-effect.ts';

/** Something live that is changed again and again, and how one sees that it was. */
export interface LiveChange {
  /** One after the other, over and over; the first is set before it is measured. */
  values: readonly string[];
  watch: Watch;
  /** Config that it needs beside it. */
  beside?: Config;
  /** It cannot be taken back, so it is measured last. */
  isForGood?: boolean;
}

const memory: Watch = { inside: 'head -n 1 /proc/meminfo' };
const memoryFiles = ['memory.limit_in_bytes', 'memory.soft_limit_in_bytes', 'memory.max', 'memory.high'];
const ioFiles = ['blkio.throttle.read_bps_device', 'blkio.throttle.write_bps_device', 'io.max'];
const link: Watch = { inNetwork: 'tc qdisc show' };

const nic: LiveChange = { values: ['8Mbit', '16Mbit'], watch: link };
const disk = (watch: Watch): LiveChange => ({ values: ['1MiB', '2MiB'], watch });
const byTheAnswer = (...values: string[]): LiveChange => ({ values, watch: 'the answer' });

const onBoth: Record<string, LiveChange> = {
  'limits.cpu.allowance': {
    values: ['10ms/100ms', '20ms/100ms'],
    watch: { groupFiles: ['cpu.cfs_quota_us', 'cpu.max'] },
  },
  'limits.cpu.priority': { values: ['1', '5'], watch: { groupFiles: ['cpu.shares', 'cpu.weight'] } },
  'limits.cpu.nodes': byTheAnswer('0', '0-0'),
  'limits.disk.priority': byTheAnswer('1', '9'),
  'nic limits.ingress': nic,
  'nic limits.egress': nic,
  'nic limits.max': nic,
};

const changes: Record<InstanceType, Record<string, LiveChange>> = {
  container: {
    ...onBoth,
    'limits.cpu': { values: ['1', '2'], watch: { inside: 'nproc' } },
    'limits.memory': { values: ['512MiB', '256MiB'], watch: memory },
    'limits.memory.enforce': {
      values: ['soft', 'hard'],
      watch: { groupFiles: memoryFiles },
      beside: { 'limits.memory': '256MiB' },
    },
    'limits.memory.reserve': { values: ['1GiB', '2GiB'], watch: memory },
    'limits.memory.swap': { ...byTheAnswer('false', 'true'), beside: { 'limits.memory': '256MiB' } },
    'limits.processes': { values: ['200', '400'], watch: { groupFiles: ['pids.max'] } },
    'limits.tcp_sockets': { values: ['0', '1000'], watch: { inside: 'nc 127.0.0.1 9' } },
    'limits.other_sockets': {
      values: ['0', '1000'],
      watch: { inside: 'ping -c 1 127.0.0.1 >/dev/null 2>&1; echo $?' },
    },
    'limits.unix_sockets': byTheAnswer('1000', '2000'),
    'limits.files': byTheAnswer('10000', '20000'),
    'limits.terminals': byTheAnswer('10', '20'),
    'disk limits.read': disk({ groupFiles: ioFiles }),
    'disk limits.write': disk({ groupFiles: ioFiles }),
    'disk limits.max': disk({ groupFiles: ioFiles }),
  },
  'virtual-machine': {
    ...onBoth,
    'limits.cpu': { values: ['0-0', '1-1'], watch: { status: 'Cpus_allowed_list' } },
    'disk size': {
      values: Array.from({ length: 20 }, (_, more) => `${11 + more}GiB`),
      watch: { inside: 'cat /sys/block/vda/size' },
      isForGood: true,
    },
    'disk limits.read': disk('the answer'),
    'disk limits.write': disk('the answer'),
    'disk limits.max': disk('the answer'),
  },
};

/** Devices that come while a container runs, by what they are. `round` makes each another one. */
export const comingDevices: Record<string, { device(round: number): Devices; watch: Watch }> = {
  'file system in memory': {
    device: (round) => ({ [`memory${round}`]: { type: 'disk', source: 'tmpfs:', path: `/srv/${round}` } }),
    watch: { inside: 'wc -l </proc/mounts' },
  },
  'character device': {
    device: (round) => ({
      [`zeros${round}`]: { type: 'unix-char', source: '/dev/zero', path: `/dev/zeros${round}` },
    }),
    watch: { inside: 'ls /dev' },
  },
};

/** Every key and every option of a device that is live on that type and carried out by its engine. */
export function liveNames(type: InstanceType): string[] {
  const keys = Object.entries<ConfigKey>(configKeys)
    .filter(([, key]) => key.carriedBy === 'engine' && (key.live.includes(type) || key.liveWhen[type]))
    .map(([name]) => name);
  const options = Object.entries(deviceTypes).flatMap(([device, { options }]) =>
    Object.entries(options)
      .filter(([, option]) => option.live.includes(type))
      .map(([option]) => `${device} ${option}`),
  );
  const isForGood = (name: string): boolean => findLiveChange(type, name)?.isForGood === true;
  const all = [...keys, ...options];
  return [...all.filter((name) => !isForGood(name)), ...all.filter(isForGood)];
}

/** `undefined` for what nobody has said how to see. */
export const findLiveChange = (type: InstanceType, name: string): LiveChange | undefined =>
  changes[type][name];
