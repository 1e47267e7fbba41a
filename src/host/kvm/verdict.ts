import { asFault } from '#model/fault.ts';
import { type KvmHost, type KvmMeasurement, type KvmVerdict, type LoopSpeed, speedText } from '#model/kvm.ts';
import { type Explanation, explainNoDevice } from './explain.ts';

/**
 * Instructions per second below which a loop is taken for emulated. KVM's emulator reaches about a million; the
 * slowest thing that runs code by itself, KVM on a processor that QEMU emulates, a hundred.
 */
const emulatedBelow = 20e6;

/** What is known when it comes to judging. */
export type Findings =
  | { kind: 'no-device' }
  /** The device opened, but a guest did not get through. */
  | { kind: 'failed'; error: unknown }
  | { kind: 'measured'; measurement: KvmMeasurement };

/** The verdict on a host. Pure. */
export function judge(host: KvmHost, findings: Findings): Omit<KvmVerdict, 'ms'> {
  if (findings.kind === 'no-device') return { verdict: 'none', ...explainNoDevice(host) };
  if (findings.kind === 'failed') return { verdict: 'none', ...explainFailure(findings.error) };
  const { measurement } = findings;
  const { kernelMode, userMode } = measurement;
  if (!isEmulated(kernelMode)) {
    return { verdict: 'kvm', reason: wholeReason(measurement), measurement };
  }
  if (!isEmulated(userMode)) {
    return { verdict: 'kvm-user-mode-only', ...explainUserModeOnly(host, measurement), measurement };
  }
  return { verdict: 'none', ...explainSlow(measurement), measurement };
}

/** Slow, and KVM's own counter does not say that it was the processor all the same: the host may just be busy. */
const isEmulated = ({ instructionsPerSecond, emulatedShare }: LoopSpeed): boolean =>
  instructionsPerSecond < emulatedBelow && (emulatedShare === undefined || emulatedShare > 0.5);

const wholeReason = ({ kernelMode, userMode }: KvmMeasurement): string =>
  `The processor itself runs a guest’s kernel (ring 0: ${speedText(kernelMode)}) and its programs (ring 3: ${speedText(userMode)}).`;

function explainUserModeOnly({ modules }: KvmHost, { kernelMode, userMode }: KvmMeasurement): Explanation {
  const backend = modules.find((name) => name !== 'kvm');
  const by = backend === undefined ? '' : ` by the module ${backend}`;
  return {
    reason:
      `The processor runs a guest’s programs (ring 3: ${speedText(userMode)}), but KVM carries out its kernel in software${by} ` +
      `(ring 0: ${speedText(kernelMode)}), and some instructions that every operating system uses not at all.`,
    remedy:
      'Operating systems run in QEMU’s own emulation (TCG) here. Whole KVM needs a host whose kernel drives VT-x or AMD-V: ' +
      'a machine of its own, or a virtual one with nested virtualization.',
  };
}

const explainSlow = ({ kernelMode, userMode }: KvmMeasurement): Explanation => ({
  reason: `KVM carries out everything in software: ${speedText(kernelMode)} in ring 0, ${speedText(userMode)} in ring 3.`,
  remedy: 'QEMU’s own emulation (TCG) is faster here. Whole KVM needs a processor with VT-x or AMD-V.',
});

function explainFailure(error: unknown): Explanation {
  const { message } = asFault(error);
  const isTaken = message.includes('EBUSY');
  return {
    reason: `/dev/kvm opens, but no guest runs: ${message}.`,
    remedy: isTaken
      ? 'Another hypervisor, such as VirtualBox or VMware, holds the processor’s support: stop it.'
      : 'Look at dmesg for lines with kvm. Virtual machines run in software (QEMU’s TCG) here.',
  };
}

/** What a verdict depends on: while none of it changes, the verdict stands and may be kept. */
export interface VerdictConditions {
  kernelRelease: string;
  processorModel: string;
  microcode: string;
  modules: readonly string[];
  device: KvmHost['device'];
  /** As `qemu-system-x86_64 --version` prints it; absent where it is not installed. */
  qemuVersion?: string | undefined;
}

/**
 * A key for keeping a verdict, and which CPU model QEMU accepts, in the node store. Keep a verdict only when it has a
 * measurement: without one it may come of the moment (the device just taken away, another hypervisor running).
 */
export function verdictKey(conditions: VerdictConditions): string {
  const { kernelRelease, processorModel, microcode, modules, device, qemuVersion = 'no QEMU' } = conditions;
  const parts = [kernelRelease, processorModel, microcode, modules.join('+'), device, qemuVersion];
  return parts.map((part) => part.replaceAll(/[^\w.+()~: -]/g, '_').trim()).join('|');
}

/** The conditions of a host as it is now. */
export const conditionsOf = (host: KvmHost, qemuVersion: string | undefined): VerdictConditions => ({
  kernelRelease: host.kernelRelease,
  processorModel: host.processor.model,
  microcode: host.processor.microcode,
  modules: host.modules,
  device: host.device,
  qemuVersion,
});
