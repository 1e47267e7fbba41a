import { type LimitedBeancounter, limitedBeancounters } from '#host/beancounters/beancounters.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

const keyOf = <Name extends LimitedBeancounter>(name: Name): `limits.${Name}` => `limits.${name}`;
const keys = limitedBeancounters.map(keyOf);

export const beancounters: ContainerCarrier = {
  keys,
  part: partOf(...keys),
  limit: async ({ cgroups, beancounters }, { id, settings }) => {
    const limits = limitedBeancounters.flatMap((name) => {
      const limit = settings[keyOf(name)];
      return limit === undefined ? [] : [[name, limit]];
    });
    beancounters.setLimits(cgroups.folders(id).group, Object.fromEntries(limits));
  },
};
