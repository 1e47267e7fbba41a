import assert from 'node:assert/strict';
import { test } from 'vitest';
import { exitOfQemu, type QemuEnd } from './exits.ts';

const ended: QemuEnd = {
  exit: { code: 0, signal: null },
  reason: undefined,
  isPanicked: false,
  printed: '',
  failure: undefined,
  said: '',
};
const reasonOf = (end: Partial<QemuEnd>): string => exitOfQemu({ ...ended, ...end }).reason;

test('what QEMU said last tells a power-off from a crash, also to a daemon that is not its parent', () => {
  for (const exit of [ended.exit, undefined]) {
    assert.equal(reasonOf({ exit, reason: 'guest-shutdown' }), 'power-off');
    assert.equal(reasonOf({ exit, reason: 'guest-reset' }), 'reboot');
    assert.equal(reasonOf({ exit, reason: 'guest-panic' }), 'crashed');
    assert.equal(reasonOf({ exit, reason: 'host-signal' }), 'crashed');
  }
});

test('a panic is a crash, whatever QEMU does after it', () => {
  assert.equal(reasonOf({ isPanicked: true, reason: 'guest-shutdown' }), 'crashed');
});

test('why its kernel panicked is told in its own words, and nothing else that it printed', () => {
  const detailOf = (printed: string) => exitOfQemu({ ...ended, isPanicked: true, printed }).detail;
  const printed = 'Kernel panic - old\r\n[ 1.0] Kernel panic - not syncing: No init\u001b[2J\r\nRebooting';
  assert.equal(detailOf(printed), 'The guest’s kernel panicked: not syncing: No init');
  assert.equal(detailOf('login: '), 'The guest’s kernel panicked');
  assert.ok(detailOf(`Kernel panic - ${'x'.repeat(9999)}`).length < 300);
});

test('one that could not go on has crashed for that reason, however it was ended', () => {
  const end = exitOfQemu({ ...ended, exit: { code: null, signal: 'SIGKILL' }, failure: 'KVM gave up' });
  assert.deepEqual(end, { reason: 'crashed', detail: 'KVM gave up' });
});

test('a QEMU that dies without a word has crashed, and its log says why', () => {
  const killed = exitOfQemu({ ...ended, exit: { code: null, signal: 'SIGABRT' }, said: 'cannot set MSR' });
  assert.deepEqual(killed, { reason: 'crashed', detail: 'QEMU was killed by SIGABRT: cannot set MSR' });
  assert.equal(reasonOf({ exit: { code: 1, signal: null } }), 'crashed');
});

test('nobody knows why a QEMU ended that was silent and is nobody’s child', () => {
  assert.equal(reasonOf({ exit: undefined }), 'unknown');
});
