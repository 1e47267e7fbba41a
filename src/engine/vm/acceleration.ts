import { readFileSync } from 'node:fs';
import type { AccelChoice } from '#model/config-keys.ts';

/** What runs a virtual machine's code, and as which processor. */
export interface Accelerator {
  accel: 'kvm' | 'tcg';
  /** As QEMU's option `-cpu` takes it. */
  cpu: string;
}

/** Knows what this host accelerates. */
export interface Acceleration {
  /** Throws `unsupported` when KVM is wished for and does not run a guest here at all. */
  choose(wish: AccelChoice): Promise<Accelerator>;
}

/** QEMU in software. This model boots the quickest of those that all current distributions run on. */
export const emulation: Accelerator = { accel: 'tcg', cpu: 'Nehalem' };

/** What a QEMU was started with, also by an earlier daemon; it never changes. `undefined`: it has ended. */
export function accelerationOf(pid: number): Accelerator['accel'] | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[words.indexOf('-accel') + 1] === 'kvm' ? 'kvm' : 'tcg';
  } catch {
    return undefined;
  }
}
