import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Answer } from '../answer.ts';
import { afterCall } from './after-call.ts';
import type { Call, Guest, Slot } from './guest.ts';

const guest: Guest = {
  type: 'container',
  status: 'Running',
  note: 'n',
  hasNic: false,
  isEphemeral: false,
  file: 'old',
};
const slot = (change: Partial<Guest> = {}): Slot => ({ a: { ...guest, ...change }, b: null });
const push: Call = { name: 'a', verb: 'push', token: 'new' };
const pull: Call = { name: 'a', verb: 'pull' };
const stop: Call = { name: 'a', verb: 'stop', isGraceful: true };
const reboot: Call = { name: 'a', verb: 'end', how: 'reboot' };

const after = (before: Slot, call: Call, answer: Answer, company: Call[] = []): Slot[] =>
  afterCall(before, { call, answer, company, beganMs: 0, endedMs: 1 });

test('alone, one answer is right and has one end', () => {
  assert.deepEqual(after(slot(), stop, { says: 'ok' }), [slot({ status: 'Stopped' })]);
  assert.deepEqual(after(slot(), stop, { says: 'busy' }), []);
  assert.deepEqual(after(slot({ status: 'Stopped' }), stop, { says: 'ok' }), []);
  assert.deepEqual(after(slot(), pull, { says: 'ok', seen: 'new' }), []);
});

test('in company a call may be refused, and then has done nothing', () => {
  assert.deepEqual(after(slot(), stop, { says: 'busy' }, [push]), [slot()]);
  assert.deepEqual(after(slot(), stop, { says: 'internal' }, [push]), []);
});

test('beside a push a file may be seen in part, and two pushes may mix', () => {
  assert.deepEqual(after(slot(), pull, { says: 'ok', seen: 'torn' }, [push]), [slot()]);
  assert.deepEqual(after(slot(), push, { says: 'ok' }, [push]), [slot({ file: 'new' }), slot({ file: '?' })]);
});

test('a lost answer stands for nothing, all or what can be between', () => {
  assert.deepEqual(after(slot(), stop, { says: 'lost' }), [slot(), slot({ status: 'Stopped' })]);
  const files = after(slot(), push, { says: 'lost' }).map(({ a }) => a?.file);
  assert.deepEqual(files, ['old', 'new', '?']);
});

test('an ephemeral instance ends with its stop, and a reboot is no end', () => {
  const before = slot({ isEphemeral: true });
  assert.deepEqual(after(before, stop, { says: 'ok' }), [{ a: null, b: null }]);
  assert.deepEqual(after(before, reboot, { says: 'ok' }), [before]);
});

test('what a virtual machine has written may be lost with its run, and nobody reaches its files at rest', () => {
  const type = 'virtual-machine';
  const stopped = slot({ type, status: 'Stopped', file: '?' });
  assert.deepEqual(after(slot({ type }), stop, { says: 'ok' }), [stopped]);
  assert.deepEqual(after(stopped, pull, { says: 'unsupported' }), [stopped]);
  const again = slot({ type, file: '?' });
  assert.deepEqual(after(again, pull, { says: 'no-file' }), [again]);
  assert.deepEqual(after(again, pull, { says: 'ok', seen: 'old' }), [again]);
});

test('who pauses an instance at that moment does not keep it from being killed', () => {
  const crash: Call = { name: 'a', verb: 'end', how: 'crash' };
  const frozen = slot({ status: 'Frozen' });
  const ends = after(frozen, crash, { says: 'ok' }, [{ name: 'a', verb: 'freeze' }]);
  assert.deepEqual(ends, [frozen, slot({ status: 'Error' })]);
  assert.deepEqual(after(frozen, crash, { says: 'ok' }), []);
});

test('what has ended may have had another name by then', () => {
  const crash: Call = { name: 'b', verb: 'end', how: 'crash' };
  const ends = after(slot(), crash, { says: 'ok' }, [{ name: 'b', verb: 'rename', to: 'a' }]);
  assert.deepEqual(ends, [slot(), slot({ status: 'Error' })]);
  assert.deepEqual(after(slot(), crash, { says: 'internal' }, [stop]), []);
});

test('of a run that an earlier daemon started, nobody knows that it crashed', () => {
  const crash: Call = { name: 'a', verb: 'end', how: 'crash' };
  assert.deepEqual(after(slot(), crash, { says: 'unseen' }), [slot({ status: 'Stopped' })]);
});
