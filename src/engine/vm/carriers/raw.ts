import { partOf } from '../../carriers/carrier.ts';
import type { VmCarrier } from './carrier.ts';

/** Whatever else the owner wants QEMU to be told. */
export const rawQemu: VmCarrier = {
  keys: ['raw.qemu'],
  part: partOf('raw.qemu'),
  addArguments: ({ settings }) => settings['raw.qemu'] ?? [],
};
