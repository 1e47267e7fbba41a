import { cgroupChecks } from './cgroup-checks.ts';
import type { Check } from './check.ts';
import { diskChecks } from './disk-checks.ts';
import { idChecks } from './id-checks.ts';
import { kernelChecks } from './kernel-checks.ts';
import { kvmChecks } from './kvm-checks.ts';
import { limitChecks } from './limit-checks.ts';
import { networkChecks } from './network-checks.ts';
import { programChecks } from './program-checks.ts';
import { timeChecks } from './time-checks.ts';

/** Everything that Wadah needs of a host, in the order in which it is shown. */
export const checks: readonly Check[] = [
  ...kernelChecks,
  ...cgroupChecks,
  ...kvmChecks,
  ...idChecks,
  ...limitChecks,
  ...programChecks,
  ...diskChecks,
  ...networkChecks,
  ...timeChecks,
];
