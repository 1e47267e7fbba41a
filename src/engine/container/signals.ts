import { constants } from 'node:os';
import { Fault } from '#model/fault.ts';

// As glibc numbers them on Linux: it keeps the first two real-time signals for itself.
const firstRealTime = 34;
const lastRealTime = 64;

/** Number of a signal: `SIGTERM`, `TERM`, `SIGRTMIN+3`, `SIGRTMAX-1`, `15`. Throws `invalid`. */
export function signalNumber(name: string): number {
  const plain = name.toUpperCase().replace(/^SIG/, '');
  const known = Object.entries(constants.signals).find(([key]) => key === `SIG${plain}`)?.[1];
  const number = known ?? realTime(plain) ?? Number(plain);
  if (Number.isInteger(number) && number > 0 && number <= lastRealTime) return number;
  throw new Fault('invalid', `There is no signal "${name}"`);
}

function realTime(name: string): number | undefined {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (!match) return undefined;
  const offset = Number(match[3] ?? 0) * (match[2] === '-' ? -1 : 1);
  return (match[1] === 'MIN' ? firstRealTime : lastRealTime) + offset;
}
