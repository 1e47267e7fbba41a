import type { IdRange } from '#model/instance.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { OciIdMapping } from '../oci.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Whether root inside is root outside, and how many users there are: the plan's ids say it. */
export const privileges: ContainerCarrier = {
  keys: ['security.privileged', 'security.idmap.size'],
  part: partOf('security.privileged', 'security.idmap.size'),
  specify({ linux }, { idRange }) {
    if (idRange) Object.assign(linux, { uidMappings: mapping(idRange), gidMappings: mapping(idRange) });
    else linux.readonlyPaths.push('/proc/sys');
  },
};

const mapping = ({ base, size }: IdRange): OciIdMapping[] => [{ containerID: 0, hostID: base, size }];
