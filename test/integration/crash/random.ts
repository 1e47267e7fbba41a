import { randomInt } from 'node:crypto';

/** A number from 0 to 1. */
export type Random = () => number;

/** Deaths at random in each scenario: `WADAH_CRASH_DEATHS` asks for more. */
export const randomDeaths = Number(process.env['WADAH_CRASH_DEATHS'] ?? 2);

/** The same numbers for the same seed, which is told: `WADAH_CRASH_SEED` repeats a run. */
export function seededRandom(): Random {
  const seed = Number(process.env['WADAH_CRASH_SEED'] ?? randomInt(2 ** 32));
  process.stdout.write(`CRASH WADAH_CRASH_SEED=${seed}\n`);
  let state = seed;
  return () => {
    // mulberry32: small, and good enough to scatter deaths.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
