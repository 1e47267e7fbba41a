import { key, onBoth } from './key.ts';
import { between, parseNumberSet, type ValueKind } from './kinds.ts';

/** Processors: how many, or which ones. */
export type CpuChoice = { count: number } | { set: number[] };

/** How many processors somebody sees who is given that. */
export const cpuCount = (choice: CpuChoice | undefined): number =>
  choice === undefined ? 1 : 'count' in choice ? choice.count : choice.set.length;

const cpus: ValueKind<CpuChoice> = {
  parse(text) {
    if (/^[1-9]\d{0,4}$/.test(text)) return { count: Number(text) };
    const set = parseNumberSet(text);
    return set && { set };
  },
  expects: 'a number of processors such as 2, or a set of them such as 0-3 or 1,3',
  examples: ['1', '2', '0-1'],
};

/** Processor time: a share of it where others want some too, or so much of every period and no more. */
export type CpuAllowance = { sharePercent: number } | { quotaUs: number; periodUs: number };

const allowance: ValueKind<CpuAllowance> = {
  parse(text) {
    const share = /^(\d{1,3})%$/.exec(text)?.[1];
    if (share !== undefined) {
      return Number(share) >= 1 && Number(share) <= 100 ? { sharePercent: Number(share) } : undefined;
    }
    const [, quota = 0, period = 0] = (/^(\d{1,6})ms\/(\d{1,4})ms$/.exec(text) ?? []).map(Number);
    // The kernel takes periods up to a second and quotas from a millisecond on.
    return quota >= 1 && period >= 1 && period <= 1000
      ? { quotaUs: quota * 1000, periodUs: period * 1000 }
      : undefined;
  },
  expects: 'a share such as 50%, or time of each period such as 25ms/100ms',
  examples: ['50%', '25ms/100ms', '150ms/100ms'],
};

const nodes: ValueKind<number[]> = {
  parse: parseNumberSet,
  expects: 'a set of NUMA nodes such as 0 or 0-1',
  examples: ['0'],
};

/** Processors and their time. */
export const cpuKeys = {
  'limits.cpu': key({
    kind: cpus,
    live: ['container'],
    liveWhen: {
      'virtual-machine': {
        says: 'their number stays',
        holds: (before, after) => cpuCount(before) === cpuCount(after),
      },
    },
    help: 'Processors it may use: how many, or which ones',
  }),
  'limits.cpu.allowance': key({
    kind: allowance,
    live: onBoth,
    help: 'Processor time: its share where all want some (50%), or the most of each period (25ms/100ms)',
  }),
  'limits.cpu.priority': key({
    kind: between(0, 10),
    default: 10,
    live: onBoth,
    help: 'Who gets processor time first where all want some; each step is worth a quarter more',
  }),
  'limits.cpu.nodes': key({
    kind: nodes,
    live: onBoth,
    help: 'NUMA nodes whose memory it uses',
  }),
};
