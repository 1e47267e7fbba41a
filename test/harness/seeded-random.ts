import { randomInt } from 'node:crypto';

/** A number from 0 to 1. */
export type Random = () => number;

/** The same numbers for the same seed, which is told: the environment variable of that name repeats a run. */
export function seededRandom(variable: string): Random {
  const seed = Number(process.env[variable] ?? randomInt(2 ** 32));
  process.stdout.write(`${variable}=${seed}\n`);
  let state = seed;
  return () => {
    // mulberry32: small, and good enough to scatter deaths.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
