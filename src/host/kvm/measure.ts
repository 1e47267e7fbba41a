import type { KvmMeasurement, LoopSpeed } from '#model/kvm.ts';
import { Fault } from '#model/fault.ts';
import { interruptEvery } from '../sys/interval-timer.ts';
import type { KvmDevice } from './device.ts';
import { Guest } from './guest.ts';
import { spin } from './tinyrom.ts';

const sliceMs = 3;
const slices = 3;
/** On a busy host a tick may come before the guest got anywhere; such a slice says nothing. */
const mostTries = 100;

/** Boots tinyrom and times the same loop in ring 0 and in ring 3. Throws `host` when the guest cannot get there. */
export function measureGuest(device: KvmDevice): KvmMeasurement {
  const guest = Guest.powerOn(device);
  try {
    const begin = performance.now();
    const kernelMode = measureSpin(guest, 'k');
    const userBegin = performance.now();
    guest.runToPrompt();
    const bootMs = performance.now() - userBegin + (userBegin - begin - kernelMode.ms);
    const userMode = measureSpin(guest, 'w');
    return { kernelMode: kernelMode.speed, userMode: userMode.speed, exits: guest.ledger.exits, bootMs };
  } finally {
    guest.close();
  }
}

/**
 * Sends the letter of one of tinyrom's loops, lets it spin for a few slices of time, and ends it by setting its counter.
 * The best slice counts: in the others somebody else may have had the processor.
 */
export function measureSpin(guest: Guest, letter: 'k' | 'w'): { speed: LoopSpeed; ms: number } {
  guest.devices.uart.receive(letter);
  guest.runUntil(({ answer }) => answer.kind === 'taken');
  const begin = performance.now();
  const timer = interruptEvery(sliceMs);
  try {
    return { speed: speedOf(guest), ms: performance.now() - begin };
  } finally {
    timer.stop();
    endSpin(guest);
  }
}

/** Of a guest on its way into its loop, while a timer interrupts it. */
function speedOf(guest: Guest): LoopSpeed {
  let tries = 0;
  const tryAgain = (): void => {
    tries += 1;
    if (tries > mostTries) throw new Fault('host', 'The guest gets no time on the processor');
  };
  for (untilInterrupted(guest); !isSpinning(guest); untilInterrupted(guest)) tryAgain();
  const emulatedBefore = guest.vcpu.stats?.get('insn_emulation');
  const measured: Slice[] = [];
  while (measured.length < slices) {
    const slice = measureSlice(guest);
    if (slice.instructions > 0) measured.push(slice);
    else tryAgain();
  }
  const emulatedAfter = guest.vcpu.stats?.get('insn_emulation');
  const speed: LoopSpeed = {
    instructionsPerSecond: Math.max(...measured.map(({ instructions, ms }) => (instructions / ms) * 1000)),
    ms: measured.reduce((sum, { ms }) => sum + ms, 0),
  };
  if (emulatedBefore === undefined || emulatedAfter === undefined) return speed;
  const instructions = measured.reduce((sum, slice) => sum + slice.instructions, 0);
  return { ...speed, emulatedShare: Math.min(1, (emulatedAfter - emulatedBefore) / instructions) };
}

interface Slice {
  instructions: number;
  ms: number;
}

function measureSlice(guest: Guest): Slice {
  const before = turnsLeft(guest);
  const ms = untilInterrupted(guest);
  return { instructions: (before - turnsLeft(guest)) * spin.instructionsPerTurn, ms };
}

/** Returns the milliseconds in the guest. */
function untilInterrupted(guest: Guest): number {
  const { exit, guestMs } = guest.step();
  if (exit.kind === 'interrupted') return guestMs;
  throw new Fault('host', `The guest left its loop after ${guestMs.toFixed(1)} ms: ${exit.kind}`);
}

const turnsLeft = (guest: Guest): number => Number(guest.vcpu.general.get('rcx'));

/** Before the loop, tinyrom has something else in its counter, or nothing. */
function isSpinning(guest: Guest): boolean {
  const left = turnsLeft(guest);
  return left > 0 && left <= spin.turns;
}

/** One turn is left, whatever the loop has done so far. */
function endSpin(guest: Guest): void {
  const registers = guest.vcpu.general;
  registers.set('rcx', 1n);
  guest.vcpu.general = registers;
}
