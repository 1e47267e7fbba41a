import type { AccelChoice, Settings } from '#model/config-keys.ts';
import { partOf } from '../../carriers/carrier.ts';
import type { VmCarrier } from './carrier.ts';

/** What is to run the guest's code, as far as its owner cares. */
export const accelerationWish = (settings: Settings): AccelChoice => settings['vm.accel'] ?? 'auto';

/** Decided when QEMU is started, and with it for good. */
export const acceleration: VmCarrier = { keys: ['vm.accel'], part: partOf('vm.accel') };
