import type { IdRange } from '#model/instance.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { OciIdMapping } from '../oci.ts';
import type { ContainerCarrier } from './carrier.ts';

/** Whether root inside is root outside. The plan says it by having no ids of the container's own. */
export const privileges: ContainerCarrier = {
  keys: ['security.privileged'],
  part: partOf('security.privileged'),
  specify({ linux }, { idRange }) {
    if (idRange) Object.assign(linux, { uidMappings: mapping(idRange), gidMappings: mapping(idRange) });
    else linux.readonlyPaths.push('/proc/sys');
  },
};

const mapping = ({ base, size }: IdRange): OciIdMapping[] => [{ containerID: 0, hostID: base, size }];
