import {
  type KvmHost,
  type KvmInfo,
  type KvmMeasurement,
  type KvmTraceEvent,
  type KvmTraceRow,
  type KvmTraceSummary,
  type KvmVerdictKind,
  type LoopSpeed,
  placeText,
  speedText,
} from '#model/kvm.ts';
import type { Facts } from './output/facts.ts';
import type { Column, Paint } from './output/output.ts';

export const verdictPaint: Record<KvmVerdictKind, Paint> = {
  kvm: 'green',
  'kvm-user-mode-only': 'yellow',
  none: 'red',
};

const verdictText: Record<KvmVerdictKind, string> = {
  kvm: 'kvm: whole operating systems run on the processor',
  'kvm-user-mode-only': 'kvm-user-mode-only: programs run on the processor, operating systems do not',
  none: 'none: virtual machines run in software',
};

export function infoFacts({ verdict, host, apiVersion, capabilities }: KvmInfo): Facts {
  return {
    Verdict: verdictText[verdict.verdict],
    Why: verdict.reason,
    'What helps': verdict.remedy ?? '',
    Measured: verdict.measurement ? measurementFacts(verdict.measurement) : {},
    'Took in all': msText(verdict.ms),
    Host: {
      Processor: host.processor.model,
      Support: supportText(host.processor),
      Kernel: host.kernelRelease,
      Modules: host.modules.join(', ') || 'none with kvm in its name',
      '/dev/kvm': host.device === 'usable' ? 'can be opened' : `${host.device} (${host.deviceError ?? ''})`,
      Interface: apiVersion === undefined ? '' : `version ${apiVersion}`,
    },
    'What KVM offers here': Object.fromEntries(
      capabilities.map(({ name, value, help }) => [name, `${capabilityValue(value)} (${help})`]),
    ),
  };
}

const measurementFacts = ({ kernelMode, userMode, exits, bootMs }: KvmMeasurement): Facts => ({
  'Ring 0, where kernels run': loopText(kernelMode),
  'Ring 3, where programs run': loopText(userMode),
  'Power-on to ring 3': `${msText(bootMs)}; the guest came back to us ${exits} times in all`,
});

function loopText(speed: LoopSpeed): string {
  const { emulatedShare } = speed;
  const share =
    emulatedShare === undefined ? '' : `, ${Math.round(emulatedShare * 100)} % of them by software`;
  return `${speedText(speed)}${share}`;
}

function supportText({ hasVmx, hasSvm, isVirtual }: KvmHost['processor']): string {
  const found = [...(hasVmx ? ['VT-x (vmx)'] : []), ...(hasSvm ? ['AMD-V (svm)'] : [])];
  const support = found.join(', ') || 'neither VT-x (vmx) nor AMD-V (svm)';
  return isVirtual ? `${support}; this host is a virtual machine itself` : support;
}

function capabilityValue(value: number): string {
  if (value === 0) return 'no';
  return value === 1 ? 'yes' : String(value);
}

const msText = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;

/** One line, or a heading, for an event of a trace. */
export function eventText(event: KvmTraceEvent, paint: (style: Paint, text: string) => string): string {
  const time = `${event.atMs.toFixed(1).padStart(7)} ms`;
  switch (event.kind) {
    case 'place':
      return `\n${time}  ${paint('bold', capitalised(placeText(event.place)))}. ${event.about}`;
    case 'act':
      return `\n${time}  ${paint('cyan', event.about)}`;
    case 'exits': {
      const count = event.count === 1 ? '' : `${event.count} × `;
      const took = `in the guest ${msText(event.guestMs)}, here ${msText(event.engineMs)}`;
      return `${time}    ${count}${event.did} -> ${event.answer}  ${paint('dim', `[${event.reason}; ${took}]`)}`;
    }
  }
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const rowColumns: readonly Column<KvmTraceRow>[] = [
  { head: 'MODE', text: ({ place }) => placeText(place) },
  { head: 'EXITS', text: ({ exits }) => String(exits) },
  {
    head: 'REASONS',
    text: ({ reasons }) =>
      Object.entries(reasons)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(', '),
  },
  { head: 'IN THE GUEST', text: ({ guestMs }) => msText(guestMs) },
  { head: 'HERE', text: ({ engineMs }) => msText(engineMs) },
];

/** What the kernel counted beside what came to us. */
export function counterText({ rows, kernelCounters }: KvmTraceSummary): string {
  const ours = rows.reduce((sum, { exits }) => sum + exits, 0);
  const { exits, insn_emulation: emulated } = kernelCounters;
  const lines = [
    `${ours} exits came to this program.`,
    exits === undefined ? '' : `The kernel counted ${exits} in all: it served the others by itself.`,
    emulated === undefined ? '' : `It carried out ${emulated} of the guest's instructions in software.`,
  ];
  return `\n${lines.filter(Boolean).join(' ')}`;
}
