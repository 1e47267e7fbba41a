import { key } from './key.ts';
import { oneOf, type ValueKind } from './kinds.ts';

/** What runs a virtual machine's code: the processor by KVM, or QEMU's own emulation. `auto`: what is best here. */
export type AccelChoice = 'auto' | 'kvm' | 'tcg';

const accel: ValueKind<AccelChoice> = oneOf('auto', 'kvm', 'tcg');

/** Virtual machines alone. */
export const vmKeys = {
  'vm.accel': key<AccelChoice>({
    kind: accel,
    default: 'auto',
    types: ['virtual-machine'],
    help: 'What runs its code: kvm (the processor), tcg (QEMU in software), or auto: what this host does best',
  }),
};
