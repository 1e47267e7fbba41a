import type { Random } from '../../harness/seeded-random.ts';

import type { Call, End, Guest, Slot, Verb } from './guest.ts';
import type { Kind } from './instance-rules.ts';

/** What is asked for how often, depending on what is most likely there; all else is asked for now and then. */
const usual: Record<Guest['status'] | 'Absent', Partial<Record<Verb, number>>> = {
  Absent: { launch: 10 },
  Stopped: { start: 8, delete: 4, push: 2, pull: 2, rename: 2, nic: 2, note: 2, info: 1 },
  Running: {
    ...{ stop: 4, restart: 2, freeze: 2, end: 2, exec: 5, push: 4, pull: 4 },
    ...{ rename: 2, nic: 2, note: 3, info: 2 },
  },
  Frozen: { unfreeze: 6, stop: 2, restart: 1, rename: 1, note: 1, info: 1 },
  Error: { start: 4, delete: 2, pull: 1, rename: 1, note: 1, info: 2 },
};
const verbs: Verb[] = [
  ...(['launch', 'start', 'stop', 'restart', 'freeze', 'unfreeze', 'end', 'delete'] as const),
  ...(['rename', 'note', 'nic', 'exec', 'push', 'pull', 'info'] as const),
];
const inside: Verb[] = ['exec', 'push', 'pull'];

interface Choice {
  names: readonly string[];
  believed: Slot;
  kind: Kind;
}

/** The next call about one of the instances of a slot, most often one that makes sense. */
export function chooseCall({ names, believed, kind }: Choice, random: Random): Call {
  const present = names.filter((name) => believed[name]);
  const name = pick(present.length > 0 && random() < 0.9 ? present : names, random);
  const other = names.find((each) => each !== name) as string;
  const weights = usual[believed[name]?.status ?? 'Absent'];
  const all = random() < 0.9 ? verbs.flatMap((verb) => Array<Verb>(weights[verb] ?? 0).fill(verb)) : verbs;
  const verb = pick(
    all.filter((each) => kind.hasPrograms || !inside.includes(each)),
    random,
  );
  return { ...callOf(verb, { name, other, kind }, random), ...secondThoughts(verb, random) };
}

function secondThoughts(verb: Verb, random: Random): Pick<Call, 'isCancelled' | 'interruptMs'> {
  if (isCancellable(verb) && random() < 0.1) return { isCancelled: true };
  if (isTyped(verb) && random() < 0.1) return { interruptMs: random() * 1000 };
  return {};
}

const isTyped = (verb: Verb): boolean =>
  ['launch', 'start', 'stop', 'restart', 'delete', 'exec'].includes(verb);
const isCancellable = (verb: Verb): boolean => verb === 'launch' || verb === 'start';

function callOf(
  verb: Verb,
  { name, other, kind: { type, hasPrograms } }: { name: string; other: string; kind: Kind },
  random: Random,
): Call {
  const token = Math.floor(random() * 2 ** 32).toString(16);
  switch (verb) {
    case 'launch':
      return { name, verb, type, note: token, isStarted: random() < 0.7, isEphemeral: random() < 0.2 };
    case 'end':
      return { name, verb, how: type === 'container' ? pick(ends, random) : 'crash' };
    case 'stop':
    case 'restart':
      return { name, verb, isGraceful: hasPrograms && random() < 0.5 };
    case 'rename':
      return { name, verb, to: other };
    case 'note':
      return { name, verb, note: token };
    case 'nic':
      return { name, verb, isWanted: random() < 0.5 };
    case 'exec':
    case 'push':
      return { name, verb, token };
    default:
      return { name, verb };
  }
}

const ends: End[] = ['power-off', 'reboot', 'crash'];

export const pick = <T>(all: readonly T[], random: Random): T => all[Math.floor(random() * all.length)] as T;
