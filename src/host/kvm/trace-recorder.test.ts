import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { KvmPlace, KvmTraceEvent } from '#model/kvm.ts';
import { PcDevices } from './devices.ts';
import type { Exit } from './exits.ts';
import { TraceRecorder } from './trace-recorder.ts';

const real: KvmPlace = { mode: 'real', ring: 0 };
const user: KvmPlace = { mode: 'long', ring: 3 };

const port = (direction: 'in' | 'out', number: number, byte = 0): Exit => ({
  kind: 'io',
  direction,
  port: number,
  size: 1,
  count: 1,
  data: Buffer.from([byte]),
});
const put = (character: string): Exit => port('out', 0x3f8, character.charCodeAt(0));

/** What is told of exits, each in a place. */
function told(everyExit: boolean, exits: readonly [KvmPlace, Exit][]): KvmTraceEvent[] {
  const events: KvmTraceEvent[] = [];
  const recorder = new TraceRecorder(everyExit, (event) => events.push(event));
  const devices = new PcDevices();
  for (const [place, exit] of exits) {
    recorder.step({ place, exit, answer: devices.answer(exit), guestMs: 1, engineMs: 2 }, 0x10n);
  }
  recorder.flush();
  return events;
}

/** Lines of the parts that matter here. */
const lines = (events: readonly KvmTraceEvent[]): string[] =>
  events.map((event) =>
    event.kind === 'exits' ? `${event.count} ${event.did}: ${event.answer}` : event.kind,
  );

test('characters of a text become one event with their sum of times', () => {
  const events = told(
    false,
    [...'hi\n'].map((character) => [real, put(character)]),
  );
  assert.deepEqual(lines(events), ['place', '3 OUT to port 0x3f8: our serial port sends "hi\\n"']);
  assert.ok(events[1]?.kind === 'exits');
  assert.deepEqual([events[1].guestMs, events[1].engineMs], [3, 6]);
});

test('another mode begins a new event even in the middle of a text', () => {
  const events = told(false, [
    [real, put('a')],
    [user, put('b')],
  ]);
  assert.deepEqual(lines(events), [
    'place',
    '1 OUT to port 0x3f8: our serial port sends "a"',
    'place',
    '1 OUT to port 0x3f8: our serial port sends "b"',
  ]);
});

test('different answers to the same question are different events', () => {
  const events = told(false, [
    [user, port('in', 0x3fd)],
    [user, port('in', 0x3fd)],
    [user, port('in', 0x70)],
  ]);
  assert.deepEqual(lines(events), [
    'place',
    '2 IN from port 0x3fd: line status: nothing waits',
    '1 IN from port 0x70: no device is there: the read finds all bits set',
  ]);
});

test('every exit is told by itself when that is asked for', () => {
  assert.equal(
    told(
      true,
      [...'hi\n'].map((character) => [real, put(character)]),
    ).length,
    4,
  );
});
