import type { Instance, InstanceFull } from '#contract/contract.ts';
import type { InstanceState } from '#model/instance.ts';
import type { Paint } from './output/output.ts';

// How facts about instances are told to people: the same words in lists and in `info`.

const states: Record<Instance['status'], InstanceState> = {
  Stopped: 'stopped',
  Starting: 'starting',
  Running: 'running',
  Freezing: 'pausing',
  Frozen: 'paused',
  Stopping: 'stopping',
  Error: 'failed',
};

/** The state in our own words; the API speaks those of Incus. */
export const stateOf = ({ status }: Pick<Instance, 'status'>): InstanceState => states[status];

const paints: Record<InstanceState, Paint> = {
  running: 'green',
  starting: 'yellow',
  stopping: 'yellow',
  pausing: 'yellow',
  paused: 'cyan',
  stopped: 'dim',
  failed: 'red',
};

export const statePaint = (instance: Instance): Paint => paints[stateOf(instance)];

export const typeText = ({ type }: Instance): string => (type === 'container' ? 'container' : 'vm');

/** The name by which its image was asked for, or what else is known of it. */
export function imageText({ config }: Instance): string {
  const { 'volatile.base_image.alias': alias, 'image.os': os, 'image.description': description } = config;
  if (alias) return alias;
  const version = config['image.version'] || config['image.release'];
  if (os) return [os.toLowerCase(), version].filter(Boolean).join('/');
  return description || (config['volatile.base_image'] ?? '').slice(0, 12);
}

/** Addresses by which others reach it, each with the name of its link. */
export function addressTexts({ state }: InstanceFull, family: 'inet' | 'inet6'): string[] {
  return Object.entries(state.network).flatMap(([link, { addresses }]) =>
    addresses
      .filter((address) => address.family === family && address.scope === 'global')
      .map(({ address }) => `${address} (${link})`),
  );
}

/** `2026-11-23 14:05` in the local time zone; nothing for what never was. */
export function timeText(timestamp: string): string {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime()) || time.getTime() <= 0) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** `3 d 4 h`, `12 min`, `1.25 s`: the two largest units of a span of time. */
export function spanText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(2))} s`;
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const parts: string[] = [];
  let rest = Math.floor(seconds);
  for (const [unit, size] of units) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return parts.slice(0, 2).join(' ');
}

/** How many there are inside; nothing where only the kernel in there knows. */
export const processesText = ({ processes }: Pick<InstanceFull['state'], 'processes'>): string =>
  processes < 0 ? '' : String(processes);
