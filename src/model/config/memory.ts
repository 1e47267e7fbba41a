import { parseBytes } from '#base/units.ts';
import { key } from './key.ts';
import { bool, bytes, count, oneOf, type ValueKind } from './kinds.ts';

/** Swap: as much as there is, none, or so many bytes beside the memory. */
export type SwapChoice = boolean | { bytes: number };

const swap: ValueKind<SwapChoice> = {
  parse(text) {
    const choice = bool.parse(text);
    if (choice !== undefined) return choice;
    const size = parseBytes(text);
    return size === undefined ? undefined : { bytes: size };
  },
  expects: 'true, false or an amount such as 512MiB',
  examples: ['true', 'false', '512MiB'],
};

/** Of what the host has, or so many bytes. */
export type Reserve = { percent: number } | { bytes: number };

const reserve: ValueKind<Reserve> = {
  parse(text) {
    const percent = Number(/^(\d{1,2})%$/.exec(text)?.[1] ?? 0);
    if (percent > 0) return { percent };
    const size = parseBytes(text);
    return size === undefined ? undefined : { bytes: size };
  },
  expects: 'a part of what the host has such as 20%, or an amount such as 2GiB',
  examples: ['20%', '2GiB'],
};

/** Memory and processes. */
export const memoryKeys = {
  'limits.memory': key({
    kind: bytes(8 * 2 ** 20),
    live: ['container'],
    help: 'Memory it may use',
  }),
  'limits.memory.enforce': key({
    kind: oneOf('hard', 'soft'),
    default: 'hard',
    types: ['container'],
    live: ['container'],
    help: 'What happens beyond limits.memory: hard, nothing gets more; soft, it is taken back when the host needs it',
  }),
  'limits.memory.reserve': key({
    kind: reserve,
    types: ['container'],
    live: ['container'],
    help: 'Memory of the host that it leaves to others, where limits.memory is not set',
  }),
  'limits.memory.swap': key({
    kind: swap,
    default: true,
    types: ['container'],
    live: ['container'],
    help: 'Swap it may use beside its memory: true (as the host has), false, or how much',
  }),
  'limits.processes': key({
    kind: count(8),
    types: ['container'],
    live: ['container'],
    help: 'Processes and threads it may have',
  }),
};
