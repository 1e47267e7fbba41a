import type { ValueKind } from '../config/kinds.ts';

const units: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};
const leastBits = 8000;

/** Bits per second. */
export const bitRate: ValueKind<number> = {
  parse(text) {
    const match = /^(\d{1,12}(?:\.\d+)?)([kMG]i?)?bit$/.exec(text);
    const bits = Math.round(Number(match?.[1] ?? 0) * (units[match?.[2] ?? ''] ?? 0));
    return bits >= leastBits && Number.isSafeInteger(bits) ? bits : undefined;
  },
  expects: 'bits in a second such as 100Mbit or 1Gbit',
  examples: ['10Mbit', '100Mbit', '1Gbit'],
};
