import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Found } from './plan-recovery.ts';
import { planRecovery } from './plan-recovery.ts';

const instance = (over: Partial<Found>): Found => ({
  id: 'aaaaaaaa',
  wants: 'running',
  autostart: undefined,
  autorestart: false,
  priority: 0,
  isSpent: false,
  run: undefined,
  ...over,
});
const gone = { isOfThisBoot: true, isGone: true };
const running = { isOfThisBoot: true, isGone: false };

test('an instance that went on running is left alone', () => {
  assert.deepEqual(planRecovery([instance({ run: running })], false), []);
});

test('an instance that ended while the daemon was away is cleared, and stays down without autorestart', () => {
  assert.deepEqual(planRecovery([instance({ run: gone })], false), [{ action: 'clear', id: 'aaaaaaaa' }]);
});

test('autorestart brings back what ended while the daemon was away', () => {
  assert.deepEqual(planRecovery([instance({ run: gone, autorestart: true })], false), [
    { action: 'restart', id: 'aaaaaaaa' },
  ]);
});

test('a reboot while the daemon was away is carried out, and a power-off is left at that', () => {
  const rebooted = instance({ run: { ...gone, ended: 'reboot' } });
  assert.deepEqual(planRecovery([rebooted], false), [{ action: 'restart', id: 'aaaaaaaa' }]);
  const poweredOff = instance({ run: { ...gone, ended: 'power-off' }, autorestart: true });
  assert.deepEqual(planRecovery([poweredOff], false), [{ action: 'clear', id: 'aaaaaaaa' }]);
});

test('an ephemeral instance that rebooted while the daemon was away goes on, and is not deleted', () => {
  const rebooted = instance({ run: { ...gone, ended: 'reboot' }, isSpent: true });
  assert.deepEqual(
    planRecovery([rebooted], false).map(({ action }) => action),
    ['restart'],
  );
});

test('after a boot of the host, instances come back as they were, unless boot.autostart says otherwise', () => {
  const found = [
    instance({ id: 'aaaaaaa1' }),
    instance({ id: 'aaaaaaa2', autostart: false }),
    instance({ id: 'aaaaaaa3', wants: 'stopped' }),
    instance({ id: 'aaaaaaa4', wants: 'stopped', autostart: true }),
  ];
  assert.deepEqual(
    planRecovery(found, true).map(({ id }) => id),
    ['aaaaaaa1', 'aaaaaaa4'],
  );
});

test('a higher priority starts first', () => {
  const found = [instance({ id: 'aaaaaaa1', priority: 1 }), instance({ id: 'aaaaaaa2', priority: 9 })];
  assert.deepEqual(
    planRecovery(found, true).map(({ id }) => id),
    ['aaaaaaa2', 'aaaaaaa1'],
  );
});

test('a start of the daemon alone starts nothing that never ran', () => {
  assert.deepEqual(planRecovery([instance({ autostart: true })], false), []);
});

test('what was to live until its end is deleted when it has ended unseen, unless autorestart brings it back', () => {
  const actions = (over: Partial<Found>, hasHostBooted = false): string[] =>
    planRecovery([instance({ isSpent: true, ...over })], hasHostBooted).map(({ action }) => action);
  assert.deepEqual(actions({ run: running }), []);
  assert.deepEqual(actions({ run: gone }), ['clear', 'delete']);
  assert.deepEqual(actions({ wants: 'stopped' }), ['delete'], 'the daemon died between stop and delete');
  assert.deepEqual(actions({ run: gone, autorestart: true }), ['restart']);
  assert.deepEqual(actions({ run: { isOfThisBoot: false, isGone: true }, autostart: true }, true), [
    'clear',
    'delete',
  ]);
});
