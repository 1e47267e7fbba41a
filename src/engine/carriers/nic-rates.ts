import { shapeNic } from '#host/network/shaping.ts';
import type { Programs } from '#host/process/programs.ts';
import type { RunPlan } from '../engine.ts';
import type { Carrier } from './carrier.ts';

/** Works on an instance's links on the host: as soon as they are there, and at every change. */
export interface LinkCarrier extends Carrier {
  wire(ground: { programs: Programs }, plan: RunPlan): Promise<void>;
}

/** How fast its NICs may be. */
export const nicRates: LinkCarrier = {
  keys: [],
  part: ({ nics }) => (nics.some(({ rates }) => rates) ? nics.map(({ rates }) => rates) : undefined),
  wire: async ({ programs }, { nics }) => {
    const free = { ingress: undefined, egress: undefined };
    for (const { hostName, rates } of nics) await shapeNic(programs, hostName, rates ?? free);
  },
};
