import type { BeancounterLimits } from '#host/beancounters/beancounters.ts';
import type { Settings } from '#model/config-keys.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { ContainerCarrier } from './carrier.ts';

export const sockets: ContainerCarrier = {
  keys: ['limits.tcp_sockets', 'limits.other_sockets'],
  part: partOf('limits.tcp_sockets', 'limits.other_sockets'),
  limit: async ({ cgroups, beancounters }, { id, settings }) =>
    beancounters.setLimits(cgroups.folders(id).group, limitsOf(settings)),
};

function limitsOf(settings: Settings): BeancounterLimits {
  const { 'limits.tcp_sockets': tcp, 'limits.other_sockets': other } = settings;
  return {
    ...(tcp !== undefined && { tcp_sockets: tcp }),
    ...(other !== undefined && { other_sockets: other }),
  };
}
