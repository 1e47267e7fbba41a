import type { Exit } from '../engine.ts';
import type { ProgramExit } from '#host/process/programs.ts';
import type { QmpEvents } from './qmp/types.gen.ts';

/** What is known when a QEMU has ended. */
export interface QemuEnd {
  /** As the kernel tells its parent; `undefined`: another daemon was that. */
  exit: ProgramExit | undefined;
  /** Why it shut down, by its own last word; `undefined`: it said nothing. */
  reason: QmpEvents['SHUTDOWN']['reason'] | undefined;
  isPanicked: boolean;
  /** What the guest printed last on its console. */
  printed: string;
  /** Why it had to be ended, when it could not go on. */
  failure: string | undefined;
  /** The last that it wrote to its log. */
  said: string;
}

/** How a virtual machine ended. A reboot is no end: QEMU goes on with the same guest. */
export function exitOfQemu({ exit, reason, isPanicked, printed, failure, said }: QemuEnd): Exit {
  if (failure !== undefined) return crashed(failure);
  if (isPanicked || reason === 'guest-panic')
    return crashed(`The guest’s kernel panicked${because(panicIn(printed))}`);
  if (reason === 'guest-shutdown') return { reason: 'power-off', detail: 'It powered off' };
  if (reason === 'guest-reset') return { reason: 'reboot', detail: 'It asked for a reboot' };
  if (reason === 'host-signal') return crashed('QEMU was told to end by a signal from the host');
  if (exit?.signal) return crashed(`QEMU was killed by ${exit.signal}${because(said)}`);
  if (exit?.code) return crashed(`QEMU ended with status ${exit.code}${because(said)}`);
  return { reason: 'unknown', detail: 'QEMU ended without a word' };
}

const mostPanicChars = 200;

/** Linux's own word for it, as far as people can read it: the guest may print anything. */
function panicIn(printed: string): string {
  const all = [...printed.matchAll(/Kernel panic - ([\x20-\x7e]+)/g)];
  return all.at(-1)?.[1]?.slice(0, mostPanicChars).trim() ?? '';
}

const crashed = (detail: string): Exit => ({ reason: 'crashed', detail });

const because = (said: string): string => said && `: ${said}`;
