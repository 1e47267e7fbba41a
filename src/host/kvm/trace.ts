import { type KvmTraceEvent, type KvmTraceSummary, speedText } from '#model/kvm.ts';
import type { KvmDevice } from './device.ts';
import { Guest } from './guest.ts';
import { measureSpin } from './measure.ts';
import { TraceRecorder } from './trace-recorder.ts';

/** Of the kernel's counters of a vCPU, those that show what never reaches us. */
const shownCounters = ['exits', 'io_exits', 'mmio_exits', 'irq_exits', 'pf_taken', 'insn_emulation'];

export interface TraceOptions {
  /** Tell each exit by itself. */
  everyExit: boolean;
  tell: (event: KvmTraceEvent) => void;
}

/** Runs tinyrom from power-on to power-off and tells what happens as it happens. Throws `host` when it gets stuck. */
export function traceGuest(device: KvmDevice, { everyExit, tell }: TraceOptions): KvmTraceSummary {
  const guest = Guest.powerOn(device);
  const recorder = new TraceRecorder(everyExit, tell);
  guest.onStep = (step) => recorder.step(step, guest.vcpu.general.get('rip'));
  try {
    tellStory(guest, recorder);
    return { rows: guest.ledger.rows, kernelCounters: countersOf(guest), ms: recorder.atMs };
  } finally {
    recorder.flush();
    guest.close();
  }
}

/** Everything that tinyrom can do, in the order of a story. */
function tellStory(guest: Guest, recorder: TraceRecorder): void {
  recorder.act(
    'We power on a machine: memory, a firmware, one processor at its reset vector, a serial port.',
  );
  const kernel = measureSpin(guest, 'k');
  recorder.act(`In ring 0 it computed at ${speedText(kernel.speed)}. We set ECX to 1, which ends its loop.`);
  guest.runToPrompt();
  const user = measureSpin(guest, 'w');
  recorder.act(`In ring 3 it computed at ${speedText(user.speed)}. We set ECX to 1 again.`);
  guest.runToPrompt();
  recorder.act('We type d: it reads and writes where there is no memory, as drivers do to reach a device.');
  guest.command('d');
  guest.logDirtyPages();
  recorder.act('We let KVM note which pages are written, as live migration does, and type c.');
  guest.command('c');
  recorder.act(`Pages of 4 KiB written since: ${guest.takeDirtyPages().length}. We type p: power off.`);
  guest.command('p');
}

function countersOf(guest: Guest): Record<string, number> {
  const found = shownCounters.map((name) => [name, guest.vcpu.stats?.get(name)] as const);
  return Object.fromEntries(found.filter((entry): entry is [string, number] => entry[1] !== undefined));
}
